rem AH, AH around ESP, and a list that mixes: its first offer makes the templates. The same in a tunnel, which runs one way.
netsh ipsec static add policy name=N assign=y
netsh ipsec static add filter filterlist=One srcaddr=me dstaddr=192.0.2.1
netsh ipsec static add filter filterlist=Two srcaddr=me dstaddr=192.0.2.2
netsh ipsec static add filter filterlist=Three srcaddr=me dstaddr=192.0.2.3
netsh ipsec static add filter filterlist=Far srcaddr=10.1.0.0 srcmask=16 dstaddr=10.2.0.0 dstmask=16 mirrored=no
netsh ipsec static add filteraction name=AH action=negotiate inpass=no qmsecmethods="AH[MD5] AH[SHA1]"
netsh ipsec static add filteraction name=Both action=negotiate inpass=no qmsecmethods="AH[SHA1]+ESP[3DES,None]"
netsh ipsec static add filteraction name=Mixed action=negotiate inpass=no qmsecmethods="ESP[3DES,SHA1] AH[SHA1] AH[SHA1]+ESP[3DES,None]"
netsh ipsec static add rule name=r1 policy=N filterlist=One filteraction=AH psk=secret
netsh ipsec static add rule name=r2 policy=N filterlist=Two filteraction=Both psk=secret
netsh ipsec static add rule name=r3 policy=N filterlist=Three filteraction=Mixed psk=secret
netsh ipsec static add rule name=r4 policy=N filterlist=Far filteraction=Both psk=secret tunnel=203.0.113.9
