"""One line on any chain."""

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableConfig

from bartizan import Blocked, Guard
from bartizan_langchain import BartizanCallback

guard = Guard()
prompt = ChatPromptTemplate.from_messages([("system", "Support desk. Escalate to help@acme.test."), ("user", "{q}")])
chain = prompt | FakeListChatModel(responses=["ok"])
config: RunnableConfig = {"callbacks": [BartizanCallback(guard)]}
print(chain.invoke({"q": "hello"}, config=config).content)
for redact in ("in_place", "refuse"):
    handler = BartizanCallback(guard, redact="refuse" if redact == "refuse" else "in_place")
    try:
        chain.invoke({"q": "my card is 4111 1111 1111 1111"}, config={"callbacks": [handler]})
    except Blocked as refused:
        for f in refused.findings:
            print(f.plugin, f.label, f.action.name)
