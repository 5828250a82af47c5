"""An authority that lives as long as the tests, and certificates good and bad."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

ONE_DAY = timedelta(days=1)


@dataclass
class Authority:
    """Signs certificates; `cafile` is what a client must believe to accept them."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def cafile(self) -> Path:
        return self.folder / "authority.pem"

    def serving(self, host: str, *, expired: bool = False, self_signed: bool = False) -> ssl.SSLContext:
        """What a server for this host, or this address, presents."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        until = now - ONE_DAY if expired else now + ONE_DAY
        name = _name(host)
        builder = _builder(name, name if self_signed else self.certificate.subject, key, until=until)
        builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
        certificate = builder.sign(key if self_signed else self.key, hashes.SHA256())
        chain = self.folder / f"{host.replace(':', '_')}-{expired}-{self_signed}.pem"
        chain.write_bytes(_pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(chain)
        return context


def new_authority(folder: Path) -> Authority:
    """A new authority, with its certificate in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("An authority for tests")
    builder = _builder(name, name, key, until=datetime.now(UTC) + ONE_DAY)
    certificate = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
        key, hashes.SHA256()
    )
    authority = Authority(folder, key, certificate)
    authority.cafile.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return authority


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - 10 * ONE_DAY)
        .not_valid_after(until)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
