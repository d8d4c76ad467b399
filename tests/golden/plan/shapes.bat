rem One filter of every address form, both families where the words allow it.
netsh ipsec static add policy name=S assign=y
netsh ipsec static add filter filterlist=L srcaddr=any dstaddr=me protocol=icmp
netsh ipsec static add filter filterlist=L srcaddr=10.0.0.1-10.0.0.6 dstaddr=me protocol=UDP srcport=53 mirrored=no
netsh ipsec static add filter filterlist=L srcaddr=me dstaddr=DNS protocol=UDP dstport=53
netsh ipsec static add filter filterlist=L srcaddr=10.0.0.0 srcmask=255.0.0.0 dstaddr=any protocol=47
netsh ipsec static add filter filterlist=L srcaddr=2001:db8:1::1 dstaddr=me
netsh ipsec static add filter filterlist=L srcaddr=any dstaddr=any protocol=tcp dstport=445
netsh ipsec static add filter filterlist=L srcaddr=me dstaddr=224.0.0.251 protocol=udp dstport=5353
netsh ipsec static add filteraction name=Block action=block
netsh ipsec static add rule name=r policy=S filterlist=L filteraction=Block
