"""Downloads the source archive of a released package from the package index and unpacks it.

    python source_of.py NAME==VERSION FOLDER
"""

import hashlib
import io
import json
import re
import sys
import tarfile
import urllib.request

JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}

requirement, folder = sys.argv[1:]
name, version = re.sub(r"\[.*\]", "", requirement).split("==")
name = re.sub(r"[-_.]+", "-", name).lower()
index = urllib.request.Request(f"https://pypi.org/simple/{name}/", headers=JSON)
archive = f"{name.replace('-', '_')}-{version}.tar.gz"
with urllib.request.urlopen(index) as response:
    files = {file["filename"].lower(): file for file in json.load(response)["files"]}
file = files[archive]
with urllib.request.urlopen(file["url"]) as response:
    content = response.read()
if hashlib.sha256(content).hexdigest() != file["hashes"]["sha256"]:
    sys.exit(f"{archive} has another checksum than the package index says")
with tarfile.open(fileobj=io.BytesIO(content)) as source:
    for member in source.getmembers():
        # Everything in the archive is in one folder.
        member.name = member.name.partition("/")[2]
        if member.name:
            source.extract(member, folder, filter="data")
