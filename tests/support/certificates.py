"""Certificates made on the spot: an authority, and servers that it signs for."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Authority:
    """``file``: its certificate, for those who are to trust it."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    file: Path

    def sign(self, folder: Path, hosts: list[str], *, days: int = 2) -> tuple[Path, Path]:
        """Certificate and key of a server; with ``days`` below 0 the certificate has expired."""
        folder.mkdir(exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        names = [_name(host) for host in hosts]
        made = _builder(_named(hosts[0]), self.name, key, days).add_extension(
            x509.SubjectAlternativeName(names), critical=False
        )
        certificate, secret = folder / "server.crt", folder / "server.key"
        certificate.write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        secret.touch(mode=0o600)
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate, secret


def authority(folder: Path, name: str) -> Authority:
    """A new one."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), _named(name)
    made = _builder(subject, subject, key, 2).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    file = folder / f"{name}.crt"
    file.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return Authority(subject, key, file)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
