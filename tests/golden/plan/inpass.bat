rem Accept clear text from a host but answer it with IPsec; tunnel rules keep their end point.
netsh ipsec static add policy name=I assign=y
netsh ipsec static add filter filterlist=Peer srcaddr=me dstaddr=192.0.2.77
netsh ipsec static add filter filterlist=Out srcaddr=192.0.2.0 srcmask=24 dstaddr=203.0.113.0 dstmask=24 mirrored=no
netsh ipsec static add filter filterlist=Back srcaddr=203.0.113.0 srcmask=24 dstaddr=192.0.2.0 dstmask=24 mirrored=no
netsh ipsec static add filteraction name=Request action=negotiate inpass=yes
netsh ipsec static add filteraction name=Require action=negotiate
netsh ipsec static add rule name=peer policy=I filterlist=Peer filteraction=Request psk=x
netsh ipsec static add rule name=out policy=I filterlist=Out filteraction=Require tunnel=203.0.113.1 psk=x
netsh ipsec static add rule name=back policy=I filterlist=Back filteraction=Require tunnel=192.0.2.10 psk=x
