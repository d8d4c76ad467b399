@echo off
REM Telnet on this computer (andy) for betty only.
REM
REM   192.0.2.2 and 2001:db8::2 are betty. Everybody else's telnet is blocked, everything that is
REM   not telnet passes as before. The filter that names an address is more specific than the one
REM   that says "any", so it wins, in whatever order the lines stand.

echo Telnet policy for andy

REM Remove what an earlier run left. On a clean computer these lines fail, and that is fine.
netsh ipsec static delete policy name="Telnet for betty" >nul
netsh ipsec static delete filterlist name="Telnet from anyone" >nul
netsh ipsec static delete filterlist name="Telnet from betty" >nul
netsh ipsec static delete filteraction name="Let pass" >nul
netsh ipsec static delete filteraction name="Drop" >nul

netsh ipsec static add policy name="Telnet for betty" ^
      description="Telnet is blocked, except from betty" activatedefaultrule=no

netsh ipsec static add filterlist name="Telnet from anyone"
netsh ipsec static add filter filterlist="Telnet from anyone" srcaddr=any dstaddr=me protocol=TCP dstport=23 description="telnet to andy"

netsh ipsec static add filterlist name="Telnet from betty"
netsh ipsec static add filter filterlist="Telnet from betty" srcaddr=192.0.2.2 dstaddr=me protocol=TCP dstport=23
netsh ipsec static add filter filterlist="Telnet from betty" srcaddr=2001:db8::2 dstaddr=me protocol=TCP dstport=23

netsh ipsec static add filteraction name="Let pass" action=permit
netsh ipsec static add filteraction name="Drop" action=block

netsh ipsec static add rule name="No telnet" policy="Telnet for betty" filterlist="Telnet from anyone" filteraction="Drop"
netsh ipsec static add rule name="Betty may" policy="Telnet for betty" filterlist="Telnet from betty" filteraction="Let pass"

netsh ipsec static set policy name="Telnet for betty" assign=y
