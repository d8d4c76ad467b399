/*
 * Labels of the dynamic context (grammar §7.7-§7.11). None of them is verified against real output; they
 * stand here alone so that a capture can correct them without touching code.
 */
#ifndef CLI_LABELS_DYN_H
#define CLI_LABELS_DYN_H

#define D_RULE_LINE "-------------------------------------------------------------------------------\n"

#define D_MM_NAME "Policy Name"
#define D_MM_SOFT "Soft SA expiry time"
#define D_MM_TITLES \
	"Encryption  Integrity  DH  Lifetime (Kb/secs)  QM Limit Per MM\n" \
	"----------  ---------  --  ------------------  ----------------\n"
#define D_QM_NAME "QM Negotiation Policy Name"
#define D_QM_TITLES \
	"Security Methods  Lifetime (Kb/secs)  PFS DH Group\n" \
	"----------------  ------------------  ------------\n"
#define D_PFS_NONE "<Unassigned>"
#define D_PFS_MM "Main Mode derived"

#define D_NO_ASSIGNED "No currently assigned Policy\n"
#define D_ASSIGNED "Assigned Policy"

#define D_FILTER "Filter name"
#define D_CONNTYPE "Connection Type"
#define D_PROTOCOL "Protocol"
#define D_MIRRORED "Mirrored"
#define D_DIRECTION "Direction"
#define D_WEIGHT "Weight"
#define D_TUNNEL "Tunnel Destination"
#define D_MM_POLICY "Main Mode Policy"
#define D_QM_POLICY "Quick Mode Policy"
#define D_INBOUND "Inbound Action"
#define D_OUTBOUND "Outbound Action"
#define D_PERMIT "Passthru"
#define D_BLOCK "Blocking"
#define D_NEGOTIATE "Negotiate"

/* show mmsas, show qmsas (grammar §7.10) */
#define D_MMSAS "IKE Main Mode SAs at"
#define D_QMSAS "Quick Mode SAs"
#define D_MMSAS_COUNT "No. of Main Mode SAs"
#define D_QMSAS_COUNT "No. of Quick Mode SAs"
#define D_SA_COOKIES "Cookie Pair"
#define D_SA_SEC_METHODS "Sec Methods"
#define D_SA_AUTH "Auth Mode"
#define D_AUTH_KERBEROS "Kerberos"
#define D_AUTH_PSK "Preshared Key"
#define D_AUTH_RSA "RSA Signature"
#define D_SA_ID "ID"
#define D_SA_CREATED "Created Time"
#define D_SA_SOURCE "Source Address"
#define D_SA_DESTINATION "Destination Address"
#define D_SA_METHODS "Security Methods"
#define D_SA_DATE "Date/Time Created"
#define D_SA_TRANSPORT "Transport Filter\n"
#define D_SA_TUNNEL "Tunnel Filter\n"
#define D_SA_POLICY "Policy Name"
#define D_SA_TUNNEL_SOURCE "Tunnel Source"
#define D_SA_TUNNEL_DESTINATION "Tunnel Destination"
#define D_SA_SOFT "Soft SA"
#define D_SA_OFFER \
	"Offer Used\nAH(b/r)        ESP Con(b/r)   ESP Int        PFS DH Group\n" \
	"-------------  -------------  -------------  ------------\n"
#define D_SA_ENCAP "Encapsulation Type"
#define D_SA_ENCAP_SPORT "Source UDP Encap port"
#define D_SA_ENCAP_DPORT "Dest UDP Encap port"
#define D_SA_PRIVATE "Peer Private Addr"

#define D_CONFIG "\nIPsec Configuration Parameters\n------------------------------\n"
#define D_CONFIG_LABELS {"IPsecDiagnostics", "IKElogging", "StrongCRLCheck", "IPsecloginterval", "IPsecexempt"}
#define D_BOOT_MODE "Boot Mode"
#define D_BOOT_EXEMPTIONS "Boot Mode Exemptions :\n"
#define D_BOOT_TITLES "Protocol  Src Port  Dst Port  Direction\n---------  ---------  ---------  ---------\n"

#define D_IKE_STATS "\nIKE Statistics\n--------------\n"
#define D_IKE_LABELS \
	{"Main Modes", "Quick Modes", "Soft SAs", "Authentication Failures", "Active Acquire", "Active Receive", \
	 "Acquire fail", "Receive fail", "Send fail", "Acquire Heap size", "Receive Heap size", \
	 "Negotiation Failures", "Invalid Cookies Rcvd", "Total Acquire", "TotalGetSpi", "TotalKeyAdd", \
	 "TotalKeyUpdate", "GetSpiFail", "KeyAddFail", "KeyUpdateFail", "IsadbListSize", "ConnListSize", \
	 "Invalid Packets Rcvd"}
#define D_IPSEC_STATS "\n\nIPsec Statistics\n----------------\n"
#define D_IPSEC_LABELS \
	{"Active Assoc", "Offload SAs", "Pending Key", "Key Adds", "Key Deletes", "ReKeys", "Active Tunnels", \
	 "Bad SPI Pkts", "Pkts not Decrypted", "Pkts not Authenticated", "Pkts with Replay Detection", \
	 "Confidential Bytes Sent", "Confidential Bytes Received", "Authenticated Bytes Sent", \
	 "Authenticated Bytes Received", "Transport Bytes Sent", "Transport Bytes Received", \
	 "Offloaded Bytes Sent", "Offloaded Bytes Received", "Bytes Sent In Tunnels", "Bytes Received In Tunnels"}

#endif
