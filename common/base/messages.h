/*
 * The message catalogue: every error text with its number, once.
 *
 * M(identifier, number, kind, text). Numbers: those of netsh-ipsec-grammar §8.2 are Windows' own
 * (05005, 05010, 05014, 05020, 05049, 05067, 05068, 05072, 05073); the others are assigned by this project:
 * 050xx static, 060xx dynamic, 070xx words, tags and values, 080xx system, 090xx enforcer. Numbers below
 * 5000 and from 13000 on are those of Windows' system errors (grammar §8.3) and print as such. Numbers are interface and
 * are never reused. Texts are ours.
 */
#ifndef BASE_MESSAGES_H
#define BASE_MESSAGES_H

#define MESSAGES(M)                                                                                \
	/* static: objects */                                                                      \
	M(POLICY_EXISTS, 5005, EXISTS, "a policy named '%s' exists already")                       \
	M(POLICY_NOTFOUND, 5006, NOTFOUND, "there is no policy '%s'")                              \
	M(POLICY_NONE, 5006, NOTFOUND, "there is no policy of that name")                          \
	M(FILTERLIST_EXISTS, 5010, EXISTS, "a filter list named '%s' exists already")              \
	M(FILTERACTION_EXISTS, 5014, EXISTS, "a filter action named '%s' exists already")          \
	M(RULE_EXISTS, 5020, EXISTS, "policy '%s' has a rule named '%s' already")                  \
	M(RULE_NOTFOUND, 5021, NOTFOUND, "policy '%s' has no rule '%s'")                           \
	M(RULE_NOWHERE, 5022, NOTFOUND, "no policy has a rule '%s'")                             \
	M(FILTER_NOTFOUND, 5030, NOTFOUND, "no filter of '%s' matches what was given")             \
	M(FILTERLIST_INUSE, 5040, INUSE, "filter list '%s' is used by rule '%s' of policy '%s'")   \
	M(FILTERACTION_INUSE, 5041, INUSE, "filter action '%s' is used by rule '%s' of policy '%s'") \
	M(DEFAULTRULE_FIXED, 5042, INUSE, "the default response rule of '%s' cannot be deleted")   \
	M(NAME_AMBIGUOUS, 5043, INVALID, "more than one object is named '%s'; use its guid")       \
	M(FILTERLIST_NOTFOUND, 5049, NOTFOUND, "there is no filter list '%s'")                     \
	M(FILTERACTION_NOTFOUND, 5050, NOTFOUND, "there is no filter action '%s'")                 \
	M(NO_RULES, 5066, NOTFOUND, "policy '%s' has no such rules")                               \
	M(NO_FILTERLISTS, 5067, NOTFOUND, "No FilterLists in the policy store")                    \
	M(NO_FILTERACTIONS, 5068, NOTFOUND, "No FilterActions in the policy store")                \
	M(NO_POLICIES, 5072, NOTFOUND, "No Policies in the policy store")                          \
	M(STORE_OPEN, 5073, SYSTEM, "the policy store '%s' cannot be opened")                      \
	M(STORE_DENIED, 5073, DENIED, "the policy store '%s' cannot be opened: permission denied") \
	M(STORE_DAMAGED, 5075, REALITY, "the policy store '%s' is damaged: %s")                    \
	M(STORE_NEWER, 5076, REALITY,                                                              \
	  "the policy store '%s' was written by a newer version (schema %d, this program knows %d)") \
	M(STORE_FAILED, 5077, SYSTEM, "the policy store cannot be changed: %s")                    \
	M(STORE_BUSY, 5078, SYSTEM, "the policy store is locked by another program")               \
	M(STORE_UNSAFE, 5079, DENIED, "'%s' can be written by others; refusing to use it")         \
	M(STORE_LOCATION, 5080, REALITY, "there are a local and a persistent policy store on this host, no '%s' store") \
	M(STORE_OLDER, 5082, REALITY,                                                              \
	  "the policy store '%s' has schema %d, older than %d: run ipsecsh once to bring it up to date") \
	M(GUID_TAKEN, 5083, EXISTS, "another object has that guid already")                        \
	M(SECRET_NOTFOUND, 5081, NOTFOUND, "the key file holds no preshared key %s")               \
	M(NOT_ASSIGNED, 5084, NOTFOUND, "No currently assigned Policy")                            \
	M(EXPLAIN_END, 5085, INVALID, "%s=%s is not one address: give an address, a name, or me")  \
	M(EXPLAIN_NO_ADDRESS, 5086, REALITY, "this host has no IPv%u address to stand for me")     \
	/* dynamic: Windows' own system errors first */                                            \
	M(SERVICE_STOPPED, 1062, PEER, "the IPsec service is not running")                         \
	M(QMPOLICY_EXISTS, 13000, EXISTS, "a quick mode policy named '%s' exists already")         \
	M(QMPOLICY_NOTFOUND, 13001, NOTFOUND, "there is no quick mode policy '%s'")                \
	M(QMPOLICY_INUSE, 13002, INUSE, "quick mode policy '%s' is used by a rule")                \
	M(MMPOLICY_EXISTS, 13003, EXISTS, "a main mode policy named '%s' exists already")          \
	M(MMPOLICY_NOTFOUND, 13004, NOTFOUND, "there is no main mode policy '%s'")                 \
	M(MMPOLICY_INUSE, 13005, INUSE, "main mode policy '%s' is used by a rule")                 \
	M(MMFILTER_NOTFOUND, 13007, NOTFOUND, "there is no such main mode filter")                 \
	M(TRANSPORT_EXISTS, 13008, EXISTS, "a dynamic rule of that traffic exists already")        \
	M(TRANSPORT_NOTFOUND, 13009, NOTFOUND, "there is no dynamic rule of that traffic")         \
	M(TUNNEL_EXISTS, 13016, EXISTS, "a dynamic tunnel rule of that traffic exists already")    \
	M(TUNNEL_NOTFOUND, 13017, NOTFOUND, "there is no dynamic tunnel rule of that traffic")     \
	M(DYN_FULL, 6001, INVALID, "the enforcer holds no more than %d %s")                        \
	M(QMPOLICY_NEEDED, 6002, INVALID, "an action is negotiate: name a qmpolicy")               \
	M(DYN_BAD, 6003, INVALID, "%s")                                                            \
	M(DYN_REFUSED, 6004, SYSTEM, "nothing was changed: %s")                                    \
	M(IKE_SILENT, 6005, PEER, "the IKE daemon does not answer")                                \
	M(IKE_GONE, 6006, PEER, "the IKE daemon ended while it was asked")                         \
	M(NO_MMPOLICIES, 6010, NOTFOUND, "Main Mode Policies not available.")                      \
	M(NO_QMPOLICIES, 6011, NOTFOUND, "Quick Mode Policies not available.")                     \
	M(NO_MMFILTERS, 6012, NOTFOUND, "Generic Main Mode Filters not available.")                \
	M(NO_MMFILTERS_SPECIFIC, 6013, NOTFOUND, "Specific Main Mode Filters not available.")      \
	M(NO_QMFILTERS, 6014, NOTFOUND, "Generic Quick Mode Filters not available.")               \
	M(NO_QMFILTERS_SPECIFIC, 6015, NOTFOUND, "Specific Quick Mode Filters not available.")     \
	M(NO_MMSAS, 6016, NOTFOUND, "IPsec MainMode Security Associations not available.")         \
	M(NO_QMSAS, 6017, NOTFOUND, "IPsec QuickMode Security Associations not available.")        \
	M(NO_DYN_RULES, 6018, NOTFOUND, "Rules not available.")                                    \
	M(BOOT_EXEMPTION, 6020, INVALID, "'%s' is not a boot exemption: expected %s")              \
	/* words, tags, values */                                                                  \
	M(CMD_UNKNOWN, 7001, INVALID, "'%s' is not a command here%s")                              \
	M(CMD_AMBIGUOUS, 7002, INVALID, "'%s' is ambiguous: %s")                                   \
	M(CMD_INCOMPLETE, 7003, INVALID, "'%s' needs one more word: %s")                           \
	M(TAG_UNKNOWN, 7004, INVALID, "'%s' is not a tag of '%s'%s")                               \
	M(TAG_TWICE, 7005, INVALID, "the tag '%s' was given twice")                                \
	M(TAG_MISSING, 7006, INVALID, "'%s' needs %s")                                             \
	M(TAG_TOO_MANY, 7007, INVALID, "no tag of '%s' is left for the word '%s'")                 \
	M(TAG_ALTERNATIVES, 7008, INVALID, "give only one of %s")                                  \
	M(VALUE_BAD, 7010, INVALID, "'%s' is not a value of '%s': expected %s%s")                  \
	M(VALUE_RANGE, 7011, INVALID, "%s=%s is out of range: %lld to %lld")                    \
	M(VALUE_EMPTY, 7012, INVALID, "the tag '%s' needs a value")                                \
	M(VALUE_TEXT, 7013, INVALID, "the value of '%s' %s")                                       \
	M(NAME_RESERVED, 7014, INVALID, "'%s' cannot be a name: it is a keyword")                  \
	M(ADDR_BAD, 7020, INVALID, "%s=%s is neither an address nor a name that resolves")         \
	M(ADDR_RANGE, 7021, INVALID, "%s=%s is not an address range: %s")                          \
	M(MASK_BAD, 7022, INVALID, "%s=%s is not a mask: expected a prefix length or a mask like 255.255.0.0") \
	M(MASK_NOT_HERE, 7023, INVALID, "%s=%s cannot be given together with %s=%s")               \
	M(ADDR_FAMILIES, 7024, INVALID, "%s and %s are not of the same IP version")                \
	M(SERVER_NEEDS_ME, 7025, INVALID, "with the server type '%s' the other side must be me, not '%s'") \
	M(PORT_NEEDS_PROTO, 7026, INVALID, "%s=%u needs protocol TCP or UDP")                      \
	M(BOTH_SIDES_ME, 7027, INVALID, "source and destination are both '%s'")                    \
	M(OFFER_BAD, 7030, INVALID, "%s: '%s' is not a security method: %s")                       \
	M(AUTH_NONE, 7031, INVALID, "no authentication method is left: kerberos=no adds none")     \
	M(TUNNEL_BAD, 7032, INVALID, "tunnel=%s is not an address or a name that resolves")        \
	M(WORD_BAD, 7033, INVALID, "the line holds %s")                                            \
	M(NOT_LOCAL, 7034, INVALID, "'%s' can only be given with the domain store")                \
	M(DNS_NOT_HERE, 7035, INVALID, "'%s' needs one address or prefix as '%s'")                   \
	/* the shell */                                                                            \
	M(ALIAS_BAD, 7040, INVALID, "'%s' cannot be an alias: %s")                                 \
	M(ALIAS_NOTFOUND, 7041, NOTFOUND, "there is no alias '%s'")                                \
	M(SHELL_LIMIT, 7042, INVALID, "%s")                                                        \
	M(NOT_OFFLINE, 7043, INVALID, "'%s' acts at once and cannot wait for commit: go online first") \
	M(MACHINE_BAD, 7044, INVALID, "'%s' is not the name of a %s")                              \
	M(MACHINE_OFFLINE, 7045, INVALID, "offline mode and another machine do not go together")   \
	M(SSH_FAILED, 7046, PEER, "'%s' was not reached: ssh ended with status %d")                \
	M(SSH_MISSING, 7047, REALITY, "the program ssh cannot be started")                         \
	M(STORE_HERE, 7048, INVALID, "the persistent store and %s do not go together")               \
	/* the connection over which one works (cli/guard.h); the last %s: what would do it all the same */           \
	M(GUARD_BLOCKS, 7050, INUSE, "this blocks your own connection from %s, %s: %s%s")          \
	M(GUARD_HOLDS, 7051, INUSE,                                                          \
	  "this holds your own connection from %s until both ends negotiate IPsec, %s: %s%s")      \
	M(GUARD_BOOT, 7052, INUSE,                                                               \
	  "while the host starts no connection to port %u would be let in, not even yours from %s: %s%s") \
	M(GUARD_NO, 7053, INUSE, "nothing was changed")                                          \
	/* files and the system */                                                                 \
	M(FILE_OPEN, 8001, SYSTEM, "'%s' cannot be opened")                                        \
	M(FILE_READ, 8002, SYSTEM, "'%s' cannot be read")                                          \
	M(FILE_WRITE, 8003, SYSTEM, "'%s' cannot be written")                                      \
	M(FILE_TOO_LARGE, 8004, INVALID, "'%s' is larger than %zu bytes")                          \
	M(USAGE, 8005, USAGE, "%s")                                                                \
	M(BAT, 8006, INVALID, "%s")                                                                \
	M(SYS, 8007, SYSTEM, "%s")                                                                 \
	M(FILE_NOT_REGULAR, 8008, INVALID, "'%s' is not a regular file")                           \
	M(DUMP_TEXT, 8020, REALITY, "the value of '%s' holds a character that a command line cannot say") \
	M(IMPORT_WORD, 8021, INVALID, "'%s' has no place in a policy file")                        \
	M(IMPORT_BINARY, 8022, INVALID,                                                            \
	  "'%s' is not text: policy files that Windows exported cannot be read, run the script that made the policy") \
	M(SERVICE_NOT_RUNNING, 8010, PEER, "the enforcer is not running (no answer at '%s')")      \
	M(SERVICE_FAILED, 8016, SYSTEM, "the service could not be started or stopped: %s failed")   \
	M(SERVICE_NO_BOOT, 8017, REALITY, "there is no systemd here: what starts at boot is decided elsewhere") \
	M(IPC_BAD, 8011, PEER, "a message of the control channel is not understood: %s")           \
	M(IPC_SYSTEM, 8012, SYSTEM, "talking to the enforcer failed")                              \
	M(IPC_SILENT, 8013, PEER, "the enforcer did not answer within %d ms")                      \
	M(IPC_DENIED, 8014, DENIED, "no permission to talk to the enforcer at '%s'")               \
	M(IPC_REFUSED, 8015, PEER, "the enforcer refused the request: %s")                         \
	/* enforcer */                                                                             \
	M(COMPILE_RULE, 9001, INVALID, "policy '%s', rule '%s': %s")                               \
	M(FACTS_BAD, 9002, INVALID, "%s:%zu: %s")                                                  \
	M(KERNEL_REFUSED, 9003, SYSTEM, "the kernel refused %s")                                   \
	M(KERNEL_LACKS, 9004, REALITY, "this kernel lacks %s")                                     \
	M(KERNEL_TALK, 9005, SYSTEM, "talking to the kernel failed: %s")                           \
	M(NETLINK_BAD, 9006, PEER, "the kernel's answer is not understood: %s")                    \
	M(ALREADY_RUNNING, 9007, INUSE, "another enforcer is running (%s is locked)")              \
	M(KERNEL_CONFLICT, 9010, REALITY,                                                          \
	  "%s: another program owns an IPsec policy of the same traffic in the kernel")            \
	M(NOT_PRIVILEGED, 9008, DENIED, "the enforcer needs CAP_NET_ADMIN: run it as root (-n needs no privilege)") \
	M(BOOT_COPY_BAD, 9020, INVALID, "the copy for the boot '%s' cannot be used: %s")             \
	M(BOOT_COPY_NEWER, 9021, REALITY,                                                          \
	  "the copy for the boot '%s' was written by a newer version (format %llu, this program knows %d)") \
	M(BOOT_COPY_DENIED, 9022, DENIED, "the copy for the boot '%s' cannot be used: others could have written it") \
	M(BOOT_COPY_REFUSED, 9023, SYSTEM, "nothing was changed: the copy for the next boot '%s' cannot be written") \
	M(BOOT_COPY_STRICT, 9024, SYSTEM,                                                          \
	  "the copy for the next boot '%s' cannot be written; what was written before is stricter and stays") \
	M(STORE_GONE, 9025, REALITY, "the policy store '%s' is gone while a policy of it is assigned%s") \
	M(GATE_REFUSED, 9026, SYSTEM, "the kernel refused the boot gate's rules: %s")              \
	M(SANDBOX, 9030, REALITY, "privilege cannot be given up: %s")                              \
	M(REMOTE_BAD, 9031, PEER, "the other process of the enforcer: %s")                         \
	M(POLICY_ENDED, 9032, PEER, "the policy process %s %d; what was in force stays in force")  \
	/* ipsec-iked */                                                                           \
	M(LINK_BAD, 9040, PEER, "a message between the processes of ipsec-iked is not understood: %s") \
	M(IKE_SOCKET, 9041, SYSTEM, "the sockets of IKE cannot be had: %s")                        \
	M(IKE_ENFORCER_GONE, 9042, PEER, "the enforcer is gone")                                   \
	M(IKE_CHILD_ENDED, 9043, PEER, "the process '%s' of ipsec-iked ended without being told to") \
	M(IKE_SELFTEST, 9044, BUG, "the known answer of %s does not come out")                     \
	M(IKE_CRYPTO, 9045, REALITY, "OpenSSL cannot be started")                                  \
	M(IKE_CHILD_KILLED, 9046, PEER, "the process '%s' of ipsec-iked was ended by signal %d")   \
	M(BUG, 9099, BUG, "internal error: %s")                                                    \
	/* later ones, at the end: the enforcer's two processes name a message by its place here */ \
	M(DYN_AUTH_FULL, 6007, INVALID,                                                            \
	  "the keys and CA names of all dynamic rules together take no more than %d bytes")

enum msg_id {
	MSG_NONE = 0,
#define M(id, number, kind, text) id,
	MESSAGES(M)
#undef M
	MSG_IDS
};

/* Constant arrays, so that the compiler checks each err_set() call against its text. */
#define M(id, number, kind, text) \
	static const char MSG_TEXT_##id[] __attribute__((unused)) = text;
MESSAGES(M)
#undef M

#endif
