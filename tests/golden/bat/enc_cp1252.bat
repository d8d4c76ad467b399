@echo off
netsh add policy "Sécurité réseau – Größe"
