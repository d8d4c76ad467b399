@echo off
REM the modal script: delete, add, assign
netsh ipsec static delete policy name="Packet Filter" FAIL
netsh ipsec static add policy name="Packet Filter" description="a (b), c=d: +e/f"
netsh ipsec static add filterlist name = "Telnet in"
netsh ipsec static add filter filterlist="Telnet in" srcaddr=any dstaddr=me protocol=TCP dstport="23"
netsh ipsec static add filteraction name=Block action=block
netsh ipsec static add rule name="R(1)" policy="Packet Filter" filter="Telnet in" filteraction=Block
netsh ipsec static set policy name="Packet Filter" assign=y
netsh ipsec static add filter "unbalanced quote & still quoted
echo Done.
pause
