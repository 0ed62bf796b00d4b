/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.server.CallContext;
import dev.millrace.plugin.mcp.server.OfferedTool;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Tools that the conformance suite wants for revision 2026-07-28: those that ask the client by round trips, and others. */
final class InputFixtures {

    private InputFixtures() {
    }

    private static OfferedTool tool(String name, OfferedTool.Run run) {
        ObjectNode definition = Json.object().put("name", name).put("description", name);
        definition.putObject("inputSchema").put("type", "object").putObject("properties");
        return new OfferedTool(definition, run);
    }

    private static ObjectNode text(Object text) {
        ObjectNode result = Json.object();
        result.putArray("content").addObject().put("type", "text").put("text", text.toString());
        return result;
    }

    private static ObjectNode form(String message, String field, String type) {
        return Fixture
                .read("""
                        {"message":"%s","requestedSchema":{"type":"object","properties":{"%s":{"type":"%s"}},"required":["%s"]}}"""
                        .formatted(message, field, type, field));
    }

    private static ObjectNode question(String method, ObjectNode params) {
        ObjectNode question = Json.object().put("method", method);
        question.set("params", params);
        return question;
    }

    private static ObjectNode sample(String prompt) {
        return Fixture.read("""
                {"messages":[{"role":"user","content":{"type":"text","text":"%s"}}],"maxTokens":100}"""
                .formatted(prompt));
    }

    static void add(List<OfferedTool> tools, AtomicInteger changes, AtomicInteger promptChanges) {
        tools.add(tool("test_input_required_result_elicitation", (a, c) -> text("Hello, " + c
                .ask("user_name", "elicitation/create", form("What is your name?", "name", "string")).path("content")
                .path("name").asText() + "!")));
        tools.add(tool("test_input_required_result_sampling", (a, c) -> text(
                c.ask("capital_question", "sampling/createMessage", sample("What is the capital of France?")))));
        tools.add(tool("test_input_required_result_list_roots",
                (a, c) -> text(c.ask("client_roots", "roots/list", Json.object()))));
        tools.add(tool("test_input_required_result_request_state", (a, c) -> text(
                "state-ok " + c.ask("confirm", "elicitation/create", form("Please confirm", "ok", "boolean")))));
        tools.add(tool("test_input_required_result_tampered_state", (a, c) -> text(
                "state-ok " + c.ask("confirm", "elicitation/create", form("Please confirm", "ok", "boolean")))));
        tools.add(tool("test_input_required_result_multi_round", (a, c) -> {
            ObjectNode name = c.ask("step1", "elicitation/create",
                    form("Step 1: What is your name?", "name", "string"));
            ObjectNode colour = c.ask("step2", "elicitation/create",
                    form("Step 2: What is your favorite color?", "color", "string"));
            return text(name + " " + colour);
        }));
        tools.add(tool("test_input_required_result_multiple_inputs", (a, c) -> {
            Map<String, ObjectNode> questions = new LinkedHashMap<>();
            questions.put("user_name",
                    question("elicitation/create", form("What is your name?", "name", "string")));
            questions.put("greeting", question("sampling/createMessage", sample("Generate a greeting")));
            questions.put("client_roots", question("roots/list", Json.object()));
            return text(c.ask(questions));
        }));
        tools.add(tool("test_input_required_result_capabilities", InputFixtures::whatCanBeAsked));
        tools.add(tool("test_missing_capability",
                (a, c) -> text(c.ask("capital_question", "sampling/createMessage", sample("Hello")))));
        tools.add(tool("test_streaming_elicitation", (a, c) -> {
            c.progress(1, 2, "half");
            return text(c.ask("user_name", "elicitation/create", form("What is your name?", "name", "string")));
        }));
        tools.add(tool("test_logging_tool", (a, c) -> {
            c.log("info", "test", "A message.");
            return text("logged");
        }));
        tools.add(tool("test_trigger_tool_change", (a, c) -> text(changes.incrementAndGet())));
        tools.add(tool("test_trigger_prompt_change", (a, c) -> text(promptChanges.incrementAndGet())));
        OfferedTool mirrored = tool("test_x_mcp_header", (a, c) -> text(a));
        mirrored.definition().set("inputSchema", Fixture.read("""
                {"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},
                "level":{"type":"integer","x-mcp-header":"Level"},"query":{"type":"string"}},"required":[]}"""));
        tools.add(mirrored);
    }

    private static ObjectNode whatCanBeAsked(ObjectNode arguments, CallContext context)
            throws dev.millrace.plugin.mcp.rpc.RpcException, InterruptedException {
        Map<String, ObjectNode> questions = new LinkedHashMap<>();
        if (context.canAsk("elicitation/create")) {
            questions.put("user_name",
                    question("elicitation/create", form("What is your name?", "name", "string")));
        }
        if (context.canAsk("sampling/createMessage")) {
            questions.put("greeting", question("sampling/createMessage", sample("Generate a greeting")));
        }
        return text(context.ask(questions));
    }
}
