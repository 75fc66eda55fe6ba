"""What a desk of many tickets looked through in vain, and finds now.

Staff are found among all people by their role. PostgreSQL plans the search for the newest tickets with a word for any
word, and read every row that has it to throw nearly all of them away; where a row is dear, it first asks both indexes
which rows have the word and are new.
"""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

BOTH_INDEXES = "ALTER FUNCTION search_found_after(tsquery, integer) SET random_page_cost = 100 SET seq_page_cost = 100"


async def ask_both(apps, editor):
    if editor.client.capabilities.dialect == "postgres":
        await editor.client.execute_script(BOTH_INDEXES)


class Migration(migrations.Migration):
    dependencies = [("desk", "0011_search_by_comment")]

    operations = [ops.AddIndex("Person", Index(fields=("role",))), ops.RunPython(ask_both)]
