"""The code that docs/embedding.md gives to embedders signs what the desk takes, in every language that is here."""

import asyncio
import os
import re
import shutil
import subprocess
import sys

import pytest

from app.config import ROOT
from app.web.bearers import Bearers

from .conftest import SECRET
from .web.embedding import a_site

CALLS = {
    "python": ([sys.executable, "-c"], 'print(pult_token("zoë@shop.example", "Zoë O\'Neill"))'),
    "js": (["node", "-e"], 'console.log(pultToken("zoë@shop.example", "Zoë O\'Neill"))'),
    "php": (["php", "-r"], 'echo pult_token("zoë@shop.example", "Zoë O\'Neill");'),
    "ruby": (["ruby", "-e"], 'puts pult_token("zoë@shop.example", "Zoë O\'Neill")'),
}


@pytest.mark.parametrize("language", CALLS)
async def test_the_code_for_embedders_signs_what_the_desk_takes(language, desk):
    [program, flag], call = CALLS[language]
    if not shutil.which(program):
        pytest.skip(f"there is no {program} here")
    [code] = re.findall(rf"```{language}\n(.+?)```", (ROOT / "docs" / "embedding.md").read_text(), re.DOTALL)
    site = await a_site()
    environment = os.environ | {"PULT_KEY": site.key.id, "PULT_SECRET": site.secret, "LANG": "C.UTF-8"}
    command = [program, flag, f"{code.removeprefix('<?php')}\n{call}"]
    made = await asyncio.to_thread(subprocess.check_output, command, env=environment, text=True, timeout=60)
    guest, _ = await Bearers(SECRET).read(made.strip())
    assert (guest.embed.ticket, guest.embed.actions) == (None, ("read", "comment", "create"))
