"""The first five minutes of a front-end developer, in a real browser."""

import json
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built_graphiql")]


class Ide:
    """GraphiQL as a person uses it: tabs, the play button, the editors and the result."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.result = page.get_by_label("Result Window")

    @classmethod
    async def open(cls, browser: BrowserContext, gateway: str) -> "Ide":
        page = await browser.new_page()
        await page.goto(f"{gateway}/graphql")
        ide = cls(page)
        # Its editors come a moment after its buttons.
        await expect(page.get_by_label("Operation Editor").locator(".view-line").first).to_be_visible()
        await expect(ide.result.get_by_role("textbox")).to_be_attached()
        return ide

    async def open_tab(self, title: str) -> None:
        await self.page.get_by_role("tab", name=title).get_by_role("button", name=title).click()

    async def fill(self, editor: str, content: dict[str, str]) -> None:
        """Replace what stands in the editor `Headers` or `Variables`."""
        await self.page.get_by_role("button", name=editor, exact=True).click()
        await self.page.get_by_label(editor, exact=True).get_by_role("textbox").focus()
        await self.page.keyboard.press("ControlOrMeta+A")
        await self.page.keyboard.press("Delete")
        await self.page.keyboard.insert_text(json.dumps(content))

    async def run(self, operation: str | None = None) -> None:
        button = self.page.get_by_role("button", name="Execute query")
        if operation is not None:
            # The page has read the tab a moment after it is shown; until then the button would just run it.
            await expect(button).to_have_attribute("aria-haspopup", "menu")
        await button.click()
        if operation is not None:
            await self.page.get_by_role("menuitem", name=operation, exact=True).click()

    async def wait_until_kept(self, text: str) -> None:
        """Until what was typed is in the browser's storage, from where the next page takes it."""
        await self.page.wait_for_function(
            "(text) => localStorage.getItem('crossfade:graphiql:tabState')?.includes(text)", arg=text
        )

    async def data(self, field: str) -> Any:
        """The field of the result, once it is there."""
        await expect(self.result).to_contain_text(f'"{field}"')
        text = await self.page.evaluate(
            "__MONACO.editor.getModels().find((model) => model.uri.path.endsWith('response.json')).getValue()"
        )
        return json.loads(text)["data"][field]


async def sign_in(ide: Ide) -> str:
    """Run the first tab and return the token it shows."""
    await ide.run()
    return str((await ide.data("signIn"))["tokens"]["accessToken"])


async def open_room(ide: Ide, token: str) -> dict[str, Any]:
    """Paste the token into the second tab and read the room."""
    await ide.open_tab("DefaultRoom")
    await ide.fill("Headers", {"Authorization": f"Bearer {token}"})
    await ide.run("DefaultRoom")
    return dict(await ide.data("defaultRoom"))


async def test_a_message_sent_in_one_browser_tab_arrives_in_the_subscription_of_another(
    running_gateway: str, browser: BrowserContext
) -> None:
    listener = await Ide.open(browser, running_gateway)
    room = await open_room(listener, await sign_in(listener))
    assert room["messages"]["edges"]
    await listener.fill(
        "Variables", {"id": room["id"], "after": room["eventCursor"], "content": "It crossed over."}
    )
    await listener.run("Listen")
    await expect(listener.result).to_contain_text("StreamReady")

    await listener.wait_until_kept(room["id"])
    sender = await Ide.open(browser, running_gateway)
    await sender.run("Send")
    assert (await sender.data("sendMessage"))["userErrors"] == []

    await expect(listener.result).to_contain_text("MessageAdded")
    await expect(listener.result).to_contain_text("It crossed over.")


async def test_the_first_visit_shows_two_examples_and_a_place_for_the_token(
    running_gateway: str, browser: BrowserContext
) -> None:
    ide = await Ide.open(browser, running_gateway)
    await expect(ide.page).to_have_title("Crossfade")
    await expect(ide.page.get_by_role("tab")).to_have_count(2)
    await expect(ide.page.get_by_label("Headers", exact=True)).to_contain_text("Authorization")


async def test_the_schema_can_be_read_in_the_page(running_gateway: str, browser: BrowserContext) -> None:
    ide = await Ide.open(browser, running_gateway)
    await ide.page.get_by_role("button", name="Show Documentation Explorer").click()
    await ide.page.get_by_role("link", name="Subscription", exact=True).click()
    await expect(ide.page.get_by_text("roomEvents")).to_be_visible()


async def test_without_a_token_the_page_says_who_may_read(
    running_gateway: str, browser: BrowserContext
) -> None:
    ide = await Ide.open(browser, running_gateway)
    await ide.open_tab("DefaultRoom")
    await ide.run("DefaultRoom")
    await expect(ide.result).to_contain_text("UNAUTHENTICATED")
