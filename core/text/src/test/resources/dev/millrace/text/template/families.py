# Writes families.json: the forms in which some families write a conversation, as templates of our own, and what Jinja2 3.1.6, set up
# as transformers does it, makes of conversations.   python3 families.py >families.json
import json
import sys

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

TEMPLATES = {
    # users and the model in turn; the system text stands before the first question; content is a text or a list of parts
    "gemma3": """{{ bos_token }}
{%- set first = namespace(text='') -%}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first.text = messages[0]['content'] + '\\n\\n' -%}
    {%- else -%}
        {%- set first.text = messages[0]['content'][0]['text'] + '\\n\\n' -%}
    {%- endif -%}
    {%- set rest = messages[1:] -%}
{%- else -%}
    {%- set rest = messages -%}
{%- endif -%}
{%- for message in rest -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Users and the model must take turns.") }}
    {%- endif -%}
    {%- set role = 'model' if message['role'] == 'assistant' else message['role'] -%}
    {{ '<start_of_turn>' + role + '\\n' + (first.text if loop.first else '') }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for part in message['content'] -%}
            {%- if part['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif part['type'] == 'text' -%}
                {{ part['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("This is no content.") }}
    {%- endif -%}
    {{ '<end_of_turn>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{ '<start_of_turn>model\\n' }}
{%- endif -%}
""",
    # a line with the role before each text; answers end with the end token
    "olmo2": """{{ bos_token }}{% for message in messages %}{% if message['role'] == 'system' %}{{ '<|system|>\\n' + message['content'] + '\\n' }}{% elif message['role'] == 'user' %}{{ '<|user|>\\n' + message['content'] + '\\n' }}{% elif message['role'] == 'assistant' %}{{ '<|assistant|>\\n' + message['content'] + eos_token }}{% if not loop.last %}{{ '\\n' }}{% endif %}{% endif %}{% if loop.last and add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}{% endfor %}""",
    # each question with its answer between begin and end tokens; the system text inside the first question
    "llama2": """{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}{% set system = messages[0]['content'] %}{% else %}{% set rest = messages %}{% set system = false %}{% endif %}{% for message in rest %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Users and the model must take turns.') }}{% endif %}{% if loop.first and system != false %}{% set content = '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}""",
    # tools are a text that the system message brings along
    "phi4mini": """{% for message in messages %}{% if message['role'] == 'system' and 'tools' in message and message['tools'] is not none %}{{ '<|system|>' + message['content'] + '<|tool|>' + message['tools'] + '<|/tool|><|end|>' }}{% else %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}{% endif %}""",
}
TOOLS = [{"name": "set_device", "description": "Switch a device \u00ab<on>\u00bb.", "parameters": {
    "type": "object", "properties": {"name": {"type": "string"}, "on": {"type": "boolean"}}, "required": ["name"]}}]


def say(role, content, **more):
    return {"role": role, "content": content, **more}


CASES = {
    "plain": ([say("user", "Hi")], True),
    "closed": ([say("user", "Hi"), say("assistant", "Hello.")], False),
    "system": ([say("system", "Be brief."), say("user", " Turn the lamp on.\n")], True),
    "turns": ([say("system", "Be brief."), say("user", "One"), say("assistant", " Two\n"), say("user", "Three")], True),
    "unicode": ([say("user", "Gr\u00fc\u00dfe \U0001f321\ufe0f <end_of_turn> [INST] <|end|> {{ x }}")], True),
    "parts": ([say("system", [{"type": "text", "text": "Be brief."}]),
               say("user", [{"type": "image"}, {"type": "text", "text": " What is this? "}])], True),
    "tools": ([say("system", "With tools.", tools=json.dumps(TOOLS, ensure_ascii=False)), say("user", "On!")], True),
    "no_tools": ([say("system", "Without.", tools=None), say("user", "On!")], True),
    "result": ([say("user", "On!"), say("assistant", "<|tool_call|>[]<|/tool_call|>"), say("tool", "ok")], True),
    "two_questions": ([say("user", "One"), say("user", "Two")], True),
    "begins_with_an_answer": ([say("assistant", "One")], True),
}


def refuse(message):
    raise jinja2.exceptions.TemplateError(message)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
environment.globals["raise_exception"] = refuse
environment.filters["tojson"] = lambda value, indent=None: json.dumps(value, ensure_ascii=False, indent=indent)
renderings = []
for family, source in TEMPLATES.items():
    template = environment.from_string(source)
    for name, (messages, more) in CASES.items():
        # without parts a list is no text: adding it to one fails everywhere, in words of Python
        if name == "parts" and family != "gemma3":
            continue
        variables = {"messages": messages, "add_generation_prompt": more, "bos_token": "<BOS>", "eos_token": "<EOS>"}
        rendering = {"template": family, "case": name, "input": variables}
        try:
            rendering["expected"] = template.render(**variables)
        except jinja2.exceptions.TemplateError as e:
            rendering["error"] = e.message
        renderings.append(rendering)
json.dump({"templates": TEMPLATES, "renderings": renderings}, sys.stdout, ensure_ascii=False, indent=1)
print()
