@echo off
REM From the first packet of the next boot: mode stateful, in which everything may go out and only answers come in, and two
REM exemptions for those who look after this computer: SSH and ping. They hold until the policy is in force.
REM Usage: boot-stateful.bat [PORT-OF-SSH]
set SSHPORT=%1
if "%SSHPORT%"=="" set SSHPORT=22

netsh ipsec dynamic set config property=bootmode value=stateful
netsh ipsec dynamic set config property=bootexemptions value="TCP:0:%SSHPORT%:inbound ICMP:inbound"
netsh ipsec dynamic show config
