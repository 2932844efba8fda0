"""Any OpenAI-compatible server, through pydantic-ai's direct requests. Needs the extra ``[llm]``."""

from __future__ import annotations

import asyncio
import copy
import importlib.util
import json
from typing import TYPE_CHECKING, Any

from quantrl.contest.llm.entry import read_reply
from quantrl.contest.llm.protocol import Completion, Kind, Message, Request, Transient, Usage
from quantrl.contest.llm.server import Secret, Server
from quantrl.errors import ConfigError, LLMError

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.settings import ModelSettings

MAX_ERROR = 300
MAX_USAGE = 10**9
_REPLY = "reply"
_SENT_NOTHING = ("pool", "connect")


class PydanticAI:
    """One server, one try a call: waits and further tries are `Waves`' affair, because each counts as a call.

    Parameters
    ----------
    server : Server
    secret : Secret, optional
        Instead of the one in the environment.

    Raises
    ------
    ConfigError
        The extra is not installed, or the key is not in the environment; before any call.
    """

    def __init__(self, server: Server, secret: Secret | None = None) -> None:
        for package in ("pydantic_ai", "openai"):
            if importlib.util.find_spec(package) is None:
                raise ConfigError(f"llm: {package} is not installed; pip install 'quantrl[llm]'")
        self.server = server
        self._secret = secret or server.secret()
        self._client: tuple[asyncio.AbstractEventLoop, AsyncOpenAI] | None = None

    @property
    def name(self) -> str:
        """Provider."""
        return self.server.provider

    @property
    def kind(self) -> Kind:
        """What the server is said to be."""
        return self.server.kind

    async def complete(self, req: Request) -> Completion:
        """One try.

        Raises
        ------
        Transient
            429, 5xx, a timeout, a lost connection, or an answer that is no chat completion.
        LLMError
            Anything else the server refuses, such as a wrong key or an unknown model. No message holds the key.
        """
        from pydantic_ai.direct import model_request
        from pydantic_ai.exceptions import ModelAPIError, UserError

        model, conversation = self._model(req.model), _conversation(req)
        parameters = _parameters(req, self.server.strict)
        settings: ModelSettings = {
            "temperature": req.temperature,
            "seed": req.seed,
            "max_tokens": req.max_tokens,
            "timeout": self.server.timeout_s,
        }
        try:
            response = await model_request(
                model,
                conversation,
                model_settings=settings,
                model_request_parameters=parameters,
                instrument=False,
            )
        except ModelAPIError as error:
            raise self._failure(error) from None
        except UserError as error:
            raise LLMError(self._told(error)) from None
        except (ImportError, MemoryError):
            raise
        except Exception as error:
            # The client trips in many ways over an answer that is no chat completion; all of them mean that.
            raise Transient(self._told(error), reason="unreadable", spends=True) from None
        return self._completion(req, response)

    def _model(self, model: str) -> OpenAIChatModel:
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.profiles.openai import OpenAIModelProfile
        from pydantic_ai.providers.openai import OpenAIProvider

        profile = OpenAIModelProfile(
            supports_json_schema_output=True,
            openai_chat_supports_max_completion_tokens=self.server.limit_field == "max_completion_tokens",
        )
        if not self.server.strict:
            profile["json_schema_transformer"] = None
        return OpenAIChatModel(model, provider=OpenAIProvider(openai_client=self._open()), profile=profile)

    def _open(self) -> AsyncOpenAI:
        """The client of the running loop: connections cannot move to another."""
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        loop = asyncio.get_running_loop()
        if self._client is None or self._client[0] is not loop:
            key = self._secret.reveal()
            # Proxies from the environment do not apply to this machine, and no redirect takes the key elsewhere.
            http = DefaultAsyncHttpxClient(trust_env=not self.server.is_loopback, follow_redirects=False)
            client = AsyncOpenAI(
                api_key=key,
                base_url=self.server.base_url,
                default_headers={"Authorization": f"Bearer {key}"},
                max_retries=0,
                http_client=http,
            )
            # What the client took from other environment variables belongs to another account.
            client.organization = client.project = client.admin_api_key = None
            self._client = (loop, client)
        return self._client[1]

    def _completion(self, req: Request, response: ModelResponse) -> Completion:
        text = self._secret.hide(_reply(response))
        finish = "stop" if response.finish_reason == "tool_call" else response.finish_reason or "stop"
        parsed, _ = read_reply(text, finish, req)
        model = self._secret.hide(response.model_name or "")[:200]
        return Completion(text, parsed, _usage(response), None, finish, self.kind, model)

    def _failure(self, error: Any) -> LLMError:
        """A try that may be repeated, or the end of it."""
        status = getattr(error, "status_code", None)
        if status is None:
            sent = getattr(error, "phase", None) not in _SENT_NOTHING
            timed_out = "Timeout" in type(error).__name__
            return Transient(self._told(error), reason="timeout" if timed_out else "connection", spends=sent)
        if status in (408, 425, 429) or status >= 500:
            return Transient(
                self._told(error), reason=str(status), retry_after=_retry_after(error.headers or {})
            )
        return LLMError(self._told(error))

    def _told(self, error: BaseException) -> str:
        text = " ".join(self._secret.hide(str(error)).split())[:MAX_ERROR]
        return f"{self.server.provider}: {type(error).__name__}: {text}"

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client[1].close()
            self._client = None


def _conversation(req: Request) -> list[ModelMessage]:
    from pydantic_ai.messages import ModelRequest, ModelResponse, SystemPromptPart, TextPart, UserPromptPart

    def turn(message: Message) -> ModelMessage:
        if message.role == "assistant":
            return ModelResponse(parts=[TextPart(message.content)])
        part = SystemPromptPart if message.role == "system" else UserPromptPart
        return ModelRequest(parts=[part(message.content)])

    first, *rest = req.messages
    if req.format == "prompted":
        schema = json.dumps(req.schema, sort_keys=True)
        first = Message(first.role, f"{first.content}\n\nThe JSON value must fit this JSON schema:\n{schema}")
    return [turn(message) for message in (first, *rest)]


def _parameters(req: Request, strict: bool) -> ModelRequestParameters:
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition
    from pydantic_ai.tools import ToolDefinition

    # The client may rewrite a schema it is given, and this one is part of a key.
    schema = copy.deepcopy(req.schema)
    if req.format == "native":
        return ModelRequestParameters(
            output_mode="native", output_object=OutputObjectDefinition(schema, name=_REPLY, strict=strict)
        )
    if req.format == "tool":
        tool = ToolDefinition(
            name=_REPLY,
            parameters_json_schema=schema,
            description="Give the answer.",
            strict=strict,
            kind="output",
        )
        return ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)
    return ModelRequestParameters()


def _reply(response: ModelResponse) -> str:
    """Text of a reply, or the arguments of the one tool there is."""
    from pydantic_ai.messages import TextPart, ToolCallPart

    calls = [part for part in response.parts if isinstance(part, ToolCallPart) and part.tool_name == _REPLY]
    if calls:
        return calls[0].args_as_json_str()
    return "".join(part.content for part in response.parts if isinstance(part, TextPart))


def _usage(response: ModelResponse) -> Usage | None:
    read, written = response.usage.input_tokens, response.usage.output_tokens
    believable = 0 < read <= MAX_USAGE and 0 <= written <= MAX_USAGE
    return Usage(read, written) if believable else None


def _retry_after(headers: dict[str, str]) -> float | None:
    """Seconds of Retry-After; a date or nonsense counts as none."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
