#!/usr/bin/env python3
"""Writes tests/unit/ike_vectors.h: the formulas of RFC 2409 and the MODP groups, computed by other means than ours
(Python's integers, hashlib and hmac; the primes from pi, as RFC 2409 section 6 and RFC 3526 define them).

Published vectors exist for the SKEYIDs only (NIST CAVP; tests/unit/ike_keymat.c); the building blocks have theirs in
ike/crypto/selftest.c. Run by hand when a case is added: tests/unit/data/ike_vectors.py >tests/unit/ike_vectors.h
"""
import hashlib
import hmac


def pi_floor(bits):
    """floor(2^bits * pi), by Machin's formula."""
    one = 1 << (bits + 64)

    def arctan_inverse(x):
        term = one // x
        total, n, sign = term, 3, -1
        while term:
            term //= x * x
            total += sign * (term // n)
            n, sign = n + 2, -sign
        return total

    return (4 * (4 * arctan_inverse(5) - arctan_inverse(239))) >> 64


def prime(bits, k, c):
    return 2**bits - 2**(bits - 64) - 1 + 2**64 * (pi_floor(k) + c)


GROUPS = {1: (768, 638, 149686), 2: (1024, 894, 129093), 5: (1536, 1406, 741804), 14: (2048, 1918, 124476),
          15: (3072, 2942, 1690314), 16: (4096, 3966, 240904)}
HASHES = ["md5", "sha1", "sha256", "sha384", "sha512"]
# cipher, key bytes, block
CIPHERS = [("DES", 8, 8), ("3DES", 24, 8), ("AES128", 16, 16), ("AES192", 24, 16), ("AES256", 32, 16)]


def pattern(first, n):
    return bytes((first + i) & 255 for i in range(n))


def prf(name, key, data):
    return hmac.new(key, data, name).digest()


def text(b):
    return '"' + "".join("%02x" % x for x in b) + '"'


def modp_rows():
    a, b = int.from_bytes(pattern(1, 32), "big"), int.from_bytes(pattern(33, 32), "big")
    for group, form in GROUPS.items():
        p = prime(*form)
        size = form[0] // 8
        pub = pow(2, a, p).to_bytes(size, "big")
        shared = pow(pow(2, b, p), a, p).to_bytes(size, "big")
        yield "\t{%d, %s, %s}," % (group, text(hashlib.sha256(pub).digest()), text(hashlib.sha256(shared).digest()))


def expand(name, key, seed, n, first):
    """K1 = prf(key, seed); Kn = prf(key, K(n-1) | seed). `first`: what K1 covers."""
    block = prf(name, key, first)
    out = block
    while len(out) < n:
        block = prf(name, key, block + seed)
        out += block
    return out[:n]


def keymat_rows():
    for i, name in enumerate(HASHES):
        for cipher, key_len, block in CIPHERS:
            psk = b"the preshared key %d" % i
            ni, nr = pattern(0x10 + i, 20), pattern(0x60 + i, 16)
            gxi, gxr, gxy = pattern(3, 128), pattern(131, 128), pattern(77 + i, 128)
            cki, ckr = pattern(0xA0, 8), pattern(0xB0, 8)
            sai, idii, idir = pattern(9, 60), b"\x01\x11\x01\xf4\x0a\x00\x00\x01", b"\x01\x11\x01\xf4\x0a\x00\x00\x02"
            msgid, rest = b"\x12\x34\x56\x78", pattern(200, 77)
            skeyid = prf(name, psk, ni + nr)
            d = prf(name, skeyid, gxy + cki + ckr + b"\x00")
            a = prf(name, skeyid, d + gxy + cki + ckr + b"\x01")
            e = prf(name, skeyid, a + gxy + cki + ckr + b"\x02")
            # RFC 2409 App. B: K1 = prf(SKEYID_e, 0), K2 = prf(SKEYID_e, K1)
            key = e[:key_len] if len(e) >= key_len else expand(name, e, b"", key_len, b"\x00")
            iv = hashlib.new(name, gxi + gxr).digest()[:block]
            iv2 = hashlib.new(name, iv + msgid).digest()[:block]
            hash_i = prf(name, skeyid, gxi + gxr + cki + ckr + sai + idii)
            hash_r = prf(name, skeyid, gxr + gxi + ckr + cki + sai + idir)
            h1 = prf(name, a, msgid + rest)
            h2 = prf(name, a, msgid + ni + rest)
            h3 = prf(name, a, b"\x00" + msgid + ni + nr)
            del2 = prf(name, a, ni + msgid + rest)
            seed = b"\x03" + b"\xde\xad\xbe\xef" + ni + nr
            plain = expand(name, d, seed, 100, seed)
            pfs = expand(name, d, gxy + seed, 100, gxy + seed)
            sig = prf(name, ni + nr, gxy)
            values = [skeyid, sig, d, a, key, iv, iv2, hash_i, hash_r, h1, h2, h3, del2, plain, pfs]
            yield "\t{%d, %d,\n%s}," % (i + 1, CIPHERS.index((cipher, key_len, block)) + 1,
                                       ",\n".join("\t    " + text(v) for v in values))


print("/* Made by tests/unit/data/ike_vectors.py, which says how. Do not edit. */")
print("#ifndef TESTS_IKE_VECTORS_H\n#define TESTS_IKE_VECTORS_H\n")
print("/* SHA-256 of g^a and of g^ab; a = 01 02 ... 20, b = 21 22 ... 40. */")
print("static const struct {\n\tunsigned group;\n\tconst char *pub, *shared;\n} modp_vectors[] = {")
print("\n".join(modp_rows()))
print("};\n")
print("/* Numbers are enum crypto_hash and enum crypto_cipher; inputs as in keymat_rows() of the script. */")
print("static const struct keymat_vector {\n\tunsigned hash, cipher;\n\tconst char *skeyid, *sig, *d, *a, *key, *iv, *iv2,"
      " *hash_i, *hash_r, *h1, *h2, *h3, *del2,\n\t    *plain, *pfs;\n} keymat_vectors[] = {")
print("\n".join(keymat_rows()))
print("};\n\n#endif")
