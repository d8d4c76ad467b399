/*
 * Every word that show commands print in Windows' formats (grammar §7): scripts match them, so they stand in
 * one place. A: verified against real output, never to change. B and C: the grammar page's best knowledge;
 * when real output says otherwise, change them here and nowhere else.
 */
#ifndef CLI_LABELS_H
#define CLI_LABELS_H

/* Values: A where nothing else is said, server types C */
#define L_NONE "NONE"
#define L_YES "YES"
#define L_NO "NO"
#define L_ANY "ANY"
#define L_ANY_ADDRESS "<Any IP Address>"
#define L_MY_ADDRESS "<My IP Address>"
#define L_DNS_SERVER "<DNS SERVER>"
#define L_WINS_SERVER "<WINS SERVER>"
#define L_DHCP_SERVER "<DHCP SERVER>"
#define L_GATEWAY "<DEFAULT GATEWAY>"
#define L_PERMIT "PERMIT" /* B, as the next two */
#define L_BLOCK "BLOCK"
#define L_NEGOTIATE "NEGOTIATE SECURITY"
#define L_CONN_ALL "ALL" /* B, as the next two */
#define L_CONN_LAN "LAN"
#define L_CONN_DIALUP "DIALUP"
#define L_GROUP_1 "Low(1)" /* B, as the next two */
#define L_GROUP_2 "Medium(2)"
#define L_GROUP_3 "2048"
#define L_MINUTES "minutes"
#define L_SESSIONS "Quick Mode sessions" /* B */

/* Labels of several listings: A */
#define L_DESCRIPTION "Description"
#define L_STORE "Store"
#define L_MODIFIED "Last Modified"
#define L_GUID "GUID"

/* show policy: the normal list is A, what verbose adds and the table titles are B */
#define L_POLICY "Policy Name"
#define L_ASSIGNED "Assigned"
#define L_MASTER_PFS "Master PFS"
#define L_POLLING "Polling Interval"
#define L_MM_LIFETIME "Main Mode LifeTime"
#define L_MM_ORDER "Main Mode Security Method Order"
#define L_MM_TITLES "        Encryption   Integrity    DH Group\n        ----------   ---------    --------\n"
#define L_POLICY_RULES "No. of Rules"
#define L_POLICIES "No. of policies"
#define L_COL_RULES "Rules"
#define L_COL_MODIFIED "LastModified"
#define L_COL_ASSIGN "Assign"

/* show rule: Rule Name and Activated are A, the others B */
#define L_RULE "Rule Name"
#define L_RULE_ID "Rule ID"
#define L_ACTIVATED "Activated"
#define L_RULE_FILTERLIST "FilterList"
#define L_RULE_FILTERACTION "FilterAction"
#define L_TUNNEL "Tunnel Dest IP Address"
#define L_TRAFFIC "Traffic" /* ours: behind all lines of Windows', while an enforcer counts */
#define L_CONNTYPE "Connection Type"
#define L_AUTH "Authentication Methods"
#define L_KERBEROS "KERBEROS"
#define L_PSK "Preshared Key"
#define L_PSK_MISSING "(not on this host)"
#define L_ROOTCA "Root CA"
#define L_CERTMAP "certmap"
#define L_EXCLUDECANAME "excludecaname"
#define L_LIST_DETAILS "FilterList Details\n------------------\n"
#define L_ACTION_DETAILS "FilterAction Details\n---------------------\n"
#define L_DEFAULT_NO_LIST "No FilterList exists in Default Response Rule\n"
#define L_DEFAULT_ACTION "Default Response"
#define L_RULES "No. of rules"
#define L_COL_ID "ID"

/* show filterlist: the verbose list is A, the tables are C */
#define L_LIST "FilterList Name"
#define L_LIST_FILTERS "No. of Filters"
#define L_FILTERS "Filter(s)\n---------\n"
#define L_MIRRORED "Mirrored"
#define L_PROTOCOL "Protocol"
#define L_LISTS "No. of FilterLists"
#define L_SOURCE "Source"
#define L_DESTINATION "Destination"
#define L_IP_ADDRESS "IP Address" /* after Source and Destination, as the next three */
#define L_MASK "Mask"
#define L_DNS_NAME "DNS Name"
#define L_PORT "Port"
#define L_COL_FILTERS "Filters"
#define L_COL_SRCMASK "SrcMask"
#define L_COL_DSTMASK "DstMask"
#define L_COL_SRCPORT "SrcPort"
#define L_COL_DSTPORT "DstPort"

/* show filteraction: B */
#define L_ACTION_NAME "FilterAction Name"
#define L_ACTION "Action"
#define L_SOFT "AllowUnsecure(Fallback)"
#define L_INPASS "Inbound Passthrough"
#define L_METHODS "No. of Security.Methods"
#define L_METHOD_TITLES \
	"AH             ESP                 LIFE (Sec/kB)\n--             ---                 -------------\n"
#define L_QMPFS "QMPFS"
#define L_ACTIONS "No. of FilterActions"

/* show store (C), show gpoassignedpolicy (B) */
#define L_STORE_LINE "Policy Store"
#define L_LOCAL_STORE "Local Store"
#define L_PERSISTENT_STORE "Persistent Store"
/* show dialect (ours) */
#define L_DIALECT "Dialect"

/* show status, and a line of show config (ours) */
#define L_OPMODE "Operational Mode"
#define L_REASON "Reason"
#define L_NO_POLICY "none"
#define L_CHANGE "Change"
#define L_PERSISTENT_CHANGE "Persistent Change"
#define L_FILTERS_IN_FORCE "Specific Filters"
#define L_XFRM_IN_FORCE "XFRM Policies"
#define L_APPLIED "Applied"
#define L_IKE_DAEMON "IKE Daemon"
#define L_SERVICE_VERSION "Service Version"

#define L_SOURCE_MACHINE "Source Machine"
#define L_LOCAL_GPO "Local Computer GPO for"
#define L_GPO_NAME "GPO Name"
#define L_LOCAL_POLICY "Local IPsec Policy"
#define L_PERSISTENT_POLICY "Persistent IPsec Policy"
#define L_DOMAIN_POLICY "AD IPsec Policy"
#define L_NONE_ASSIGNED "No currently assigned Policy"

#endif
