#include "enforcer/facts/facts_linux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/model/model.h"
#include "enforcer/facts/facts_files.h"

#include "common/base/banned.h"

const struct fact_paths fact_paths_linux = {
	.resolv_conf = "/etc/resolv.conf",
	.resolved_conf = "/run/systemd/resolve/resolv.conf",
	.networkd_leases = "/run/systemd/netif/leases",
	.dhclient_leases = "/var/lib/dhcp",
	.nm_devices = "/run/NetworkManager/devices",
	.dhcpcd_leases = "/var/lib/dhcpcd",
};

/* --- rtnetlink (rtnetlink(7)) ----------------------------------------------------------------------- */

/* Attributes beyond the highest one that we look at are skipped. */
struct attrs {
	const struct nlattr *v[32];
};

static int keep_attr(const struct nlattr *a, void *data)
{
	struct attrs *t = data;

	if (mnl_attr_get_type(a) < sizeof t->v / sizeof *t->v)
		t->v[mnl_attr_get_type(a)] = a;
	return MNL_CB_OK;
}

/* The message is of that type and long enough for its fixed part: then its attributes. */
static bool parse_attrs(const struct nlmsghdr *nlh, uint16_t type, size_t head, struct attrs *t)
{
	*t = (struct attrs){{NULL}};
	return nlh->nlmsg_type == type && mnl_nlmsg_get_payload_len(nlh) >= head &&
	    mnl_attr_parse(nlh, (unsigned)head, keep_attr, t) >= 0;
}

/* The address in an attribute of exactly the family's size. */
static bool attr_ip(const struct nlattr *a, unsigned char af, struct ip *out)
{
	size_t n = af == AF_INET ? 4 : af == AF_INET6 ? 16 : 0;

	*out = (struct ip){.family = af == AF_INET ? IP_V4 : IP_V6};
	if (!a || n == 0 || mnl_attr_get_payload_len(a) != n)
		return false;
	memcpy(out->b, mnl_attr_get_payload(a), n);
	return true;
}

/* The kind of a virtual link, as in "ip link add type KIND"; NULL for a device. */
static const char *link_driver(const struct nlattr *linkinfo)
{
	struct attrs t = {{NULL}};

	if (!linkinfo || mnl_attr_parse_nested(linkinfo, keep_attr, &t) < 0 || !t.v[IFLA_INFO_KIND] ||
	    mnl_attr_validate(t.v[IFLA_INFO_KIND], MNL_TYPE_NUL_STRING) < 0)
		return NULL;
	return mnl_attr_get_str(t.v[IFLA_INFO_KIND]);
}

static int on_link(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	struct facts *f = data;
	struct attrs t;

	if (!parse_attrs(nlh, RTM_NEWLINK, sizeof *ifi, &t) || !t.v[IFLA_IFNAME] ||
	    mnl_attr_validate(t.v[IFLA_IFNAME], MNL_TYPE_NUL_STRING) < 0)
		return MNL_CB_OK;
	const char *name = mnl_attr_get_str(t.v[IFLA_IFNAME]);
	facts_add_if(f, name, (unsigned)ifi->ifi_index,
	    ifi->ifi_flags & IFF_LOOPBACK
		? IF_LOOPBACK
		: facts_if_kind(name, link_driver(t.v[IFLA_LINKINFO]), ifi->ifi_type));
	return MNL_CB_OK;
}

static int on_addr(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	struct facts *f = data;
	struct fact_addr a = {0};
	struct attrs t;

	/* On a point-to-point link IFA_ADDRESS is the other end; IFA_LOCAL is ours where it exists. */
	if (!parse_attrs(nlh, RTM_NEWADDR, sizeof *ifa, &t) ||
	    (!attr_ip(t.v[IFA_LOCAL], ifa->ifa_family, &a.ip) &&
		!attr_ip(t.v[IFA_ADDRESS], ifa->ifa_family, &a.ip)))
		return MNL_CB_OK;
	if (!attr_ip(t.v[IFA_BROADCAST], ifa->ifa_family, &a.broadcast))
		a.broadcast = (struct ip){.family = IP_NONE};
	a.plen = ifa->ifa_prefixlen;
	while (a.iface < f->nifs && f->ifs[a.iface].index != ifa->ifa_index)
		a.iface++;
	if (a.iface < f->nifs) /* otherwise the link came after we listed links: its event is on the way */
		facts_add_addr(f, &a);
	return MNL_CB_OK;
}

static void add_gateway(struct facts *f, const struct nlattr *a, unsigned char af)
{
	struct ip ip;

	if (attr_ip(a, af, &ip))
		facts_add_server(f, END_GATEWAY, &ip);
}

/* The gateways of a route with several next hops: RTA_MULTIPATH, struct rtnexthop and attributes each. */
static void add_nexthops(struct facts *f, const struct nlattr *multipath, unsigned char af)
{
	const char *p = mnl_attr_get_payload(multipath);
	size_t left = mnl_attr_get_payload_len(multipath);

	while (left >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *nh = (const void *)p;
		struct attrs t = {{NULL}};
		size_t len = nh->rtnh_len, step = RTNH_ALIGN(len);
		if (len < sizeof *nh || len > left)
			return;
		mnl_attr_parse_payload(p + sizeof *nh, len - sizeof *nh, keep_attr, &t);
		add_gateway(f, t.v[RTA_GATEWAY], af);
		p += step;
		left -= step < left ? step : left;
	}
}

static int on_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(nlh);
	struct facts *f = data;
	struct attrs t;

	if (!parse_attrs(nlh, RTM_NEWROUTE, sizeof *rt, &t) || rt->rtm_dst_len != 0 || rt->rtm_type != RTN_UNICAST ||
	    rt->rtm_table != RT_TABLE_MAIN)
		return MNL_CB_OK;
	add_gateway(f, t.v[RTA_GATEWAY], rt->rtm_family);
	if (t.v[RTA_MULTIPATH])
		add_nexthops(f, t.v[RTA_MULTIPATH], rt->rtm_family);
	return MNL_CB_OK;
}

/* What is asked, in this order: addresses refer to links. */
static const struct dump {
	uint16_t type;
	uint16_t head; /* bytes of the fixed part of the request */
	mnl_cb_t on;
} dumps[] = {
	{RTM_GETLINK, sizeof(struct ifinfomsg), on_link},
	{RTM_GETADDR, sizeof(struct ifaddrmsg), on_addr},
	{RTM_GETROUTE, sizeof(struct rtmsg), on_route},
};

/* Runs one dump; 1 when the table changed meanwhile and has to be asked for again. */
static int run_dump(struct mnl_socket *nl, const struct dump *d, unsigned seq, struct facts *f,
    struct err *e)
{
	_Alignas(struct nlmsghdr) char bytes[32768]; /* the kernel's largest piece of a dump */
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(bytes);
	ssize_t n;
	int rc = MNL_CB_OK;

	nlh->nlmsg_type = d->type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = seq;
	mnl_nlmsg_put_extra_header(nlh, d->head); /* zero: all families, all tables */
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return err_set_errno(e, errno, KERNEL_TALK, "rtnetlink");
	while (rc == MNL_CB_OK) {
		n = mnl_socket_recvfrom(nl, bytes, sizeof bytes);
		if (n < 0)
			return err_set_errno(e, errno, KERNEL_TALK, "rtnetlink");
		rc = mnl_cb_run(bytes, (size_t)n, seq, mnl_socket_get_portid(nl), d->on, f);
	}
	if (rc == MNL_CB_ERROR)
		return errno == EINTR ? 1 : err_set_errno(e, errno, KERNEL_TALK, "rtnetlink");
	return 0;
}

static int ask_network(struct mnl_socket *nl, struct facts *f, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof dumps / sizeof *dumps; i++)
		rc = run_dump(nl, &dumps[i], (unsigned)i + 1, f, e);
	return rc;
}

/* A fresh socket a try: nothing of an interrupted dump can be mistaken for the next one's answer. */
static int gather_network(struct facts *f, struct err *e)
{
	enum { TRIES = 10 };
	int rc = 1;

	for (int i = 0; rc == 1 && i < TRIES; i++) {
		struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
		facts_free(f);
		if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
			rc = err_set_errno(e, errno, KERNEL_TALK, "rtnetlink");
		else
			rc = ask_network(nl, f, e);
		if (nl)
			mnl_socket_close(nl);
	}
	if (rc == 1)
		return err_set(e, KERNEL_TALK, "the network changes faster than it can be listed");
	return rc;
}

int facts_watch_open(struct err *e)
{
	struct sockaddr_nl sa = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
		    RTMGRP_IPV6_ROUTE,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0) {
		err_set_errno(e, errno, KERNEL_TALK, "rtnetlink");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

bool facts_watch_read(int fd)
{
	char bytes[8192]; /* never looked at: gathering asks for everything anyway */
	bool changed = false;
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0 ||
	    (n < 0 && (errno == ENOBUFS || errno == EINTR)))
		changed = true;
	return changed;
}

/* --- files ---------------------------------------------------------------------------------------- */

/* A small file. false: there is none (errno), and nothing to free. */
static bool read_small(int dir_fd, const char *path, struct buf *b)
{
	enum { FILE_MAX = 1 << 20 };
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char bytes[4096];
	ssize_t n = 0;

	*b = (struct buf){0};
	if (fd < 0)
		return false;
	while (b->len < FILE_MAX && (n = read(fd, bytes, sizeof bytes)) > 0)
		buf_add(b, bytes, (size_t)n);
	close(fd);
	return true;
}

/* The same as text, which the caller frees; NULL: there is none. */
static char *read_text(int dir_fd, const char *path)
{
	struct buf b;

	return read_small(dir_fd, path, &b) ? buf_take(&b) : NULL;
}

/* Folders of what DHCP clients wrote down. One of the two reads a file of it. */
static const struct lease_folder {
	size_t path; /* in struct fact_paths */
	const char *pattern;
	void (*text)(const char *text, struct facts *f);
	void (*bytes)(struct span bytes, struct facts *f);
} lease_folders[] = {
	{offsetof(struct fact_paths, networkd_leases), "*", facts_read_networkd_lease, NULL},
	{offsetof(struct fact_paths, dhclient_leases), "dhclient*.lease*", facts_read_dhclient_leases, NULL},
	{offsetof(struct fact_paths, nm_devices), "*", facts_read_nm_device, NULL},
	{offsetof(struct fact_paths, dhcpcd_leases), "*.lease", NULL, facts_read_dhcpcd_lease},
};

static void read_lease_file(const struct lease_folder *l, int dir_fd, const char *name, struct facts *f)
{
	struct buf b;

	if (!read_small(dir_fd, name, &b))
		return;
	if (l->text)
		l->text(buf_text(&b), f);
	else
		l->bytes(span_of(b.data, b.len), f);
	buf_free(&b);
}

static void read_lease_folder(const struct lease_folder *l, const struct fact_paths *paths, struct facts *f)
{
	const char *path;
	DIR *d;
	struct dirent *entry;

	memcpy(&path, (const char *)paths + l->path, sizeof path);
	d = path ? opendir(path) : NULL;
	if (!d)
		return;
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.' && fnmatch(l->pattern, entry->d_name, 0) == 0)
			read_lease_file(l, dirfd(d), entry->d_name, f);
	closedir(d);
}

/* A file that may not be read, as where a link came to lead out of the sandbox, does not mean "no servers". */
static int gather_name_servers(const struct fact_paths *paths, struct facts *f, struct err *e)
{
	char *text = read_text(AT_FDCWD, paths->resolv_conf);

	if (!text && errno == EACCES)
		return err_set_errno(e, errno, FILE_OPEN, paths->resolv_conf);
	if (text && facts_read_resolv_conf(text, f)) {
		free(text);
		text = read_text(AT_FDCWD, paths->resolved_conf);
		if (text)
			facts_read_resolv_conf(text, f);
	}
	free(text);
	return 0;
}

int facts_gather(const struct fact_paths *paths, struct facts *out, struct err *e)
{
	*out = (struct facts){0};
	if (gather_network(out, e) != 0 || gather_name_servers(paths, out, e) != 0) {
		facts_free(out);
		return -1;
	}
	for (size_t i = 0; i < N_OF(lease_folders); i++)
		read_lease_folder(&lease_folders[i], paths, out);
	facts_sort(out);
	return 0;
}
