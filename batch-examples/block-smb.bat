@echo off
:: File sharing and remote procedure ports closed to the world, the usual first aid against worms.
:: The policy is assigned before its rules exist: each rule counts from the moment it is there.
netsh ipsec static delete policy name = Worms >nul
netsh ipsec static delete filterlist name = WormPorts >nul
netsh ipsec static delete filteraction name = WormDrop >nul

netsh ipsec static add policy name = Worms description = "no file sharing from outside"
netsh ipsec static set policy name = Worms assign = y

netsh ipsec static add filteraction name = WormDrop action = block
netsh ipsec static add filter filterlist = WormPorts srcaddr = any dstaddr = me dstport = 135 protocol = TCP
netsh ipsec static add filter filterlist = WormPorts srcaddr = any dstaddr = me dstport = 139 protocol = TCP
netsh ipsec static add filter filterlist = WormPorts srcaddr = any dstaddr = me dstport = 445 protocol = TCP
netsh ipsec static add filter filterlist = WormPorts srcaddr = any dstaddr = me dstport = 135 protocol = UDP
netsh ipsec static add filter filterlist = WormPorts srcaddr = any dstaddr = me dstport = 137 protocol = UDP
netsh ipsec static add filter filterlist = WormPorts srcaddr = any dstaddr = me dstport = 138 protocol = UDP
netsh ipsec static add filter filterlist = WormPorts srcaddr = any dstaddr = me dstport = 445 protocol = UDP
netsh ipsec static add rule name = WormRule policy = Worms filterlist = WormPorts filteraction = WormDrop
