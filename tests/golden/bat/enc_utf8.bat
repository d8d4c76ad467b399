@echo off
chcp 65001 >nul
netsh add policy "Grüße 策略"
