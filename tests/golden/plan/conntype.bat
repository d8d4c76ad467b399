rem The same traffic judged by the kind of interface; and a literal address of this host beside "me".
netsh ipsec static add policy name=C assign=y
netsh ipsec static add filter filterlist=Ssh srcaddr=any dstaddr=me protocol=tcp dstport=22
netsh ipsec static add filter filterlist=Own srcaddr=any dstaddr=192.0.2.10 protocol=tcp dstport=22
netsh ipsec static add filteraction name=Block action=block
netsh ipsec static add filteraction name=Permit action=permit
netsh ipsec static add rule name=lan policy=C filterlist=Ssh filteraction=Permit conntype=lan
netsh ipsec static add rule name=dialup policy=C filterlist=Ssh filteraction=Block conntype=dialup
netsh ipsec static add rule name=own policy=C filterlist=Own filteraction=Block
netsh ipsec static add rule name=off policy=C filterlist=Own filteraction=Permit activate=no
