"""Authorities, certificates and keys for tests of TLS, made by the openssl command."""

import os
import ssl
import subprocess


def run(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


class Authority:
    """One that signs certificates; everything is written into `folder`."""

    def __init__(self, folder, name):
        self.folder = folder
        self.certificate = os.path.join(folder, name + ".crt")
        self.key_ = os.path.join(folder, name + ".key")
        self.serial_ = 100
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key_]
        run("req", "-x509", *key, "-days", "30", "-subj", "/CN=" + name, "-out", self.certificate)

    def sign(self, name, password=None):
        """A certificate and key of that name: their paths. With a password the key is encrypted."""
        certificate, key, request = (os.path.join(self.folder, name + end) for end in (".crt", ".key", ".csr"))
        secret = ["-passout", "pass:" + password] if password else ["-nodes"]
        run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", *secret, "-keyout", key, "-out", request,
            "-subj", "/CN=" + name)
        self.serial_ += 1
        run("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key_, "-days", "30",
            "-set_serial", str(self.serial_), "-out", certificate)
        return certificate, key


def client_context(authority, certificate=None, versions=None):
    """How a client connects that trusts `authority`; names are not checked. `versions`: (least, most)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(authority.certificate)
    if certificate:
        context.load_cert_chain(*certificate)
    if versions:
        context.minimum_version, context.maximum_version = versions
    return context
