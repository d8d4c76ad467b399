@echo off
REM A web server: ports 80 and 443 for everybody, SSH and ping for the administrators, name service
REM with its own DNS servers. Nothing else passes, in or out.
REM Usage: harden-web-server.bat [ADMIN-NETWORK ADMIN-MASK]
set ADMINS=%1
set ADMINMASK=%2
if "%ADMINS%"=="" set ADMINS=198.51.100.0
if "%ADMINMASK%"=="" set ADMINMASK=255.255.255.0

netsh ipsec static del policy "Web server" >nul
netsh ipsec static del filterlist "Web" >nul
netsh ipsec static del filterlist "Administrators" >nul
netsh ipsec static del filterlist "Name service" >nul
netsh ipsec static del filterlist "Everything" >nul
netsh ipsec static del filteraction "Web permit" >nul
netsh ipsec static del filteraction "Web block" >nul

netsh ipsec static add policy "Web server" desc="ports 80 and 443, administrators, nothing else" assign=no
netsh ipsec static add filteraction "Web permit" action=permit
netsh ipsec static add filteraction "Web block" action=block

REM Two halves of everything: a block from any to me is less specific than each permit below.
netsh ipsec static add filter filterlist="Everything" srcaddr=any dstaddr=me
netsh ipsec static add filter filterlist="Web" srcaddr=any dstaddr=me protocol=tcp dstport=80 desc="http"
netsh ipsec static add filter filterlist="Web" srcaddr=any dstaddr=me protocol=tcp dstport=443 desc="https"
netsh ipsec static add filter filterlist="Administrators" srcaddr=%ADMINS% srcmask=%ADMINMASK% dstaddr=me protocol=tcp dstport=22
netsh ipsec static add filter filterlist="Administrators" srcaddr=%ADMINS% srcmask=%ADMINMASK% dstaddr=me protocol=icmp
netsh ipsec static add filter filterlist="Name service" srcaddr=me dstaddr=dns protocol=udp dstport=53

netsh ipsec static add rule name="Block all" policy="Web server" filterlist="Everything" filteraction="Web block"
netsh ipsec static add rule name="Permit web" policy="Web server" filterlist="Web" filteraction="Web permit"
netsh ipsec static add rule name="Permit admins" policy="Web server" filterlist="Administrators" filteraction="Web permit"
netsh ipsec static add rule name="Permit dns" policy="Web server" filterlist="Name service" filteraction="Web permit"

netsh ipsec static set policy "Web server" assign=y
