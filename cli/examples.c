/*
 * Names, guids, flags and offers: windows-ipsec-semantics §1.7, §4.3, §4.6 and netsh-ipsec-grammar §9;
 * descriptions are ours. Filters have guids of ours too, so that restoring twice changes nothing.
 */
#include "cli/examples.h"

#include "common/model/values.h"

#include "common/base/banned.h"

#define MAIN_MODE "mmsecmethods=\"3DES-SHA1-2 3DES-MD5-2 DES-SHA1-1 DES-MD5-1\""
#define POLICY(name, text, guid, defaultguid)                                                      \
	"add policy name=\"" name "\" description=\"" text "\" mmpfs=no qmpermm=0 mmlifetime=480"   \
	" activatedefaultrule=yes pollinginterval=180 assign=no " MAIN_MODE                         \
	" guid={" guid "} defaultruleguid={" defaultguid "}\n"                                     \
	"set defaultrule policy=\"" name "\" qmsecmethods=\"" QM_DEFAULT_RULE_WINDOWS "\"\n"
#define RULE(name, policy, list, action, guid)                                                     \
	"add rule name=\"" name "\" policy=\"" policy "\" filterlist=\"" list "\" filteraction=\"" action \
	"\" conntype=all activate=yes description=\"\" kerberos=yes guid={" guid "}\n"

const char examples[] =
	"ipsec static\n"
	"add filterlist name=\"All IP Traffic\" description=\"Everything between this computer and others\""
	" guid={7238523A-70FA-11D1-864C-14A300000000}\n"
	"add filter filterlist=\"All IP Traffic\" srcaddr=me dstaddr=any description=\"\" protocol=ANY mirrored=yes"
	" srcport=0 dstport=0 guid={A1C3A0D4-2B63-4E0C-9D3B-5A5A54B0C101}\n"
	"add filterlist name=\"All ICMP Traffic\" description=\"ICMP between this computer and others\""
	" guid={72385235-70FA-11D1-864C-14A300000000}\n"
	"add filter filterlist=\"All ICMP Traffic\" srcaddr=me dstaddr=any description=\"ICMP\" protocol=ICMP"
	" mirrored=yes srcport=0 dstport=0 guid={A1C3A0D4-2B63-4E0C-9D3B-5A5A54B0C102}\n"

	"add filteraction name=\"Permit\" description=\"Lets traffic pass unprotected\" qmpfs=no inpass=no soft=no"
	" action=permit guid={7238523B-70FA-11D1-864C-14A300000000}\n"
	"add filteraction name=\"Request Security (Optional)\""
	" description=\"Asks for protection, does without where the peer has none\" qmpfs=no inpass=yes soft=yes"
	" action=negotiate qmsecmethods=\"ESP[3DES,SHA1]:100000k/900s ESP[DES,SHA1]:100000k/900s"
	" AH[SHA1]:100000k/300s AH[MD5]:100000k/300s\" guid={72385233-70FA-11D1-864C-14A300000000}\n"
	"add filteraction name=\"Require Security\""
	" description=\"Takes unprotected requests, answers and sends only with protection\" qmpfs=no inpass=yes soft=no"
	" action=negotiate qmsecmethods=\"ESP[3DES,SHA1]:100000k/900s ESP[3DES,MD5]:100000k/900s"
	" ESP[DES,SHA1]:100000k/900s ESP[DES,MD5]:100000k/900s\" guid={7238523F-70FA-11D1-864C-14A300000000}\n"

	POLICY("Client (Respond Only)", "Protects traffic when a peer asks for it",
	    "72385236-70FA-11D1-864C-14A300000000", "59319C04-5EE3-11D2-ACE8-0060B0ECCA17")

	POLICY("Server (Request Security)", "Asks for protection, and does without where there is none",
	    "72385230-70FA-11D1-864C-14A300000000", "59319BE2-5EE3-11D2-ACE8-0060B0ECCA17")
	RULE("Request security for all IP traffic", "Server (Request Security)", "All IP Traffic",
	    "Request Security (Optional)", "72385232-70FA-11D1-864C-14A300000000")
	RULE("Permit ICMP", "Server (Request Security)", "All ICMP Traffic", "Permit",
	    "594272E2-071D-11D3-AD22-0060B0ECCA17")

	POLICY("Secure Server (Require Security)", "Demands protection of everything but ICMP",
	    "7238523C-70FA-11D1-864C-14A300000000", "59319BF3-5EE3-11D2-ACE8-0060B0ECCA17")
	RULE("Require security for all IP traffic", "Secure Server (Require Security)", "All IP Traffic",
	    "Require Security", "7238523E-70FA-11D1-864C-14A300000000")
	RULE("Permit ICMP", "Secure Server (Require Security)", "All ICMP Traffic", "Permit",
	    "594272FD-071D-11D3-AD22-0060B0ECCA17");
