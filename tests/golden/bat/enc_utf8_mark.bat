@echo off
echo grüße
