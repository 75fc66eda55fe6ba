async def test_the_front_page_leads_to_the_list(served):
    anna = await served.client(served.cast.anna)
    assert (await anna.get("/")).headers["location"] == "/tickets"
    page = await anna.get("/tickets")
    assert page.status_code == 200 and 'id="ticket-rows"' in page.text
