rem Negotiate with a subnet, a hole for one port, a block for one host inside it.
netsh ipsec static add policy name=N assign=y
netsh ipsec static add filter filterlist=Subnet srcaddr=me dstaddr=192.0.2.0 dstmask=24
netsh ipsec static add filter filterlist=Web srcaddr=192.0.2.0 srcmask=24 dstaddr=me protocol=tcp dstport=80
netsh ipsec static add filter filterlist=Bad srcaddr=192.0.2.66 dstaddr=me
netsh ipsec static add filter filterlist=Elsewhere srcaddr=203.0.113.5 dstaddr=me
netsh ipsec static add filteraction name=Secure action=negotiate qmsecmethods="ESP[3DES,SHA1]"
netsh ipsec static add filteraction name=Block action=block
netsh ipsec static add filteraction name=Permit action=permit
netsh ipsec static add rule name=r1 policy=N filterlist=Subnet filteraction=Secure psk=secret
netsh ipsec static add rule name=r2 policy=N filterlist=Web filteraction=Permit
netsh ipsec static add rule name=r3 policy=N filterlist=Bad filteraction=Block
netsh ipsec static add rule name=r4 policy=N filterlist=Elsewhere filteraction=Block
