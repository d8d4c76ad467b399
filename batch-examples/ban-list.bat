@echo off
rem Addresses that may not talk to this computer at all, in both directions (filters are mirrored).
rem One line an address: run it again after adding some; what is there already does no harm.
netsh ipsec static add policy name=Banned description="addresses that knocked too often"
netsh ipsec static add filterlist name=BannedHosts
netsh ipsec static add filteraction name=BannedDrop action=block
netsh ipsec static add rule name=BannedRule policy=Banned filterlist=BannedHosts filteraction=BannedDrop

netsh ipsec static add filter filterlist=BannedHosts srcaddr=203.0.113.7 dstaddr=me description="guessed passwords"
netsh ipsec static add filter filterlist=BannedHosts srcaddr=203.0.113.21 dstaddr=me
netsh ipsec static add filter filterlist=BannedHosts srcaddr=203.0.113.21 dstaddr=me
netsh ipsec static add filter filterlist=BannedHosts srcaddr=203.0.113.64 srcmask=255.255.255.192 dstaddr=me
netsh ipsec static add filter filterlist=BannedHosts srcaddr=198.51.100.10-198.51.100.20 dstaddr=me
netsh ipsec static add filter filterlist=BannedHosts srcaddr=2001:db8:bad::1 dstaddr=me

netsh ipsec static set policy name=Banned assign=y
