rem Block telnet from everyone, permit it from one host: the host is more specific and comes first.
netsh ipsec static add filterlist name="All telnet"
netsh ipsec static add filter filterlist="All telnet" srcaddr=any dstaddr=me protocol=TCP dstport=23 mirrored=yes
netsh ipsec static add filterlist name="Betty telnet"
netsh ipsec static add filter filterlist="Betty telnet" srcaddr=192.0.2.20 dstaddr=me protocol=TCP dstport=23 mirrored=yes
netsh ipsec static add filteraction name=Block action=block
netsh ipsec static add filteraction name=Permit action=permit
netsh ipsec static add policy name=Telnet assign=yes
netsh ipsec static add rule name="block telnet" policy=Telnet filterlist="All telnet" filteraction=Block
netsh ipsec static add rule name="permit betty" policy=Telnet filterlist="Betty telnet" filteraction=Permit
