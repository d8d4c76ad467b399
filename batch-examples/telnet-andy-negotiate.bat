@echo off
REM andy: telnet from betty only through IPsec, from nobody else. The other half is telnet-betty-negotiate.bat.
REM 192.0.2.1 and 2001:db8::1 are andy, 192.0.2.2 and 2001:db8::2 are betty.
set KEY=%1
if "%KEY%"=="" set KEY=only an example, choose your own

netsh ipsec static delete policy name="Telnet protected" >nul
netsh ipsec static delete filterlist name="Telnet" >nul
netsh ipsec static delete filterlist name="Telnet unprotected" >nul
netsh ipsec static delete filteraction name="Protect" >nul
netsh ipsec static delete filteraction name="Refuse" >nul

netsh ipsec static add policy name="Telnet protected" activatedefaultrule=no mmsecmethods="3DES-SHA1-3 3DES-SHA1-2"
netsh ipsec static add filterlist name="Telnet"
netsh ipsec static add filter filterlist="Telnet" srcaddr=192.0.2.2 dstaddr=me protocol=TCP dstport=23
netsh ipsec static add filter filterlist="Telnet" srcaddr=2001:db8::2 dstaddr=me protocol=TCP dstport=23
netsh ipsec static add filteraction name="Protect" action=negotiate inpass=no soft=no qmpfs=yes qmsecmethods="ESP[3DES,SHA1]:100000k/3600s"
netsh ipsec static add rule name="Protect telnet" policy="Telnet protected" filterlist="Telnet" filteraction="Protect" kerberos=no psk="%KEY%"

netsh ipsec static add filter filterlist="Telnet unprotected" srcaddr=any dstaddr=me protocol=TCP dstport=23
netsh ipsec static add filteraction name="Refuse" action=block
netsh ipsec static add rule name="No other telnet" policy="Telnet protected" filterlist="Telnet unprotected" filteraction="Refuse"

netsh ipsec static set policy name="Telnet protected" assign=y
