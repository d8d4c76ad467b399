@echo off
REM betty: telnet to andy only through IPsec. The other half is telnet-andy-negotiate.bat.
REM 192.0.2.1 and 2001:db8::1 are andy, 192.0.2.2 and 2001:db8::2 are betty.
set KEY=%1
if "%KEY%"=="" set KEY=only an example, choose your own

netsh ipsec static delete policy name="Telnet protected" >nul
netsh ipsec static delete filterlist name="Telnet" >nul
netsh ipsec static delete filteraction name="Protect" >nul

netsh ipsec static add policy name="Telnet protected" activatedefaultrule=no mmsecmethods="3DES-SHA1-3 3DES-SHA1-2"
netsh ipsec static add filterlist name="Telnet"
netsh ipsec static add filter filterlist="Telnet" srcaddr=me dstaddr=192.0.2.1 protocol=TCP dstport=23
netsh ipsec static add filter filterlist="Telnet" srcaddr=me dstaddr=2001:db8::1 protocol=TCP dstport=23
netsh ipsec static add filteraction name="Protect" action=negotiate inpass=no soft=no qmpfs=yes qmsecmethods="ESP[3DES,SHA1]:100000k/3600s"
netsh ipsec static add rule name="Protect telnet" policy="Telnet protected" filterlist="Telnet" filteraction="Protect" kerberos=no psk="%KEY%"

netsh ipsec static set policy name="Telnet protected" assign=y
