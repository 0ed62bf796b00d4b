/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import dev.millrace.plugin.mcp.server.CallContext;
import dev.millrace.plugin.mcp.server.Offer;
import dev.millrace.plugin.mcp.server.OfferedTool;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** What the official conformance suite wants to find on a server, by its fixed names. */
final class Fixture implements Offer {

    private static final String PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    private static final String WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

    /** Raised by whoever wants to see a change. */
    final AtomicInteger changes = new AtomicInteger();

    final AtomicInteger promptChanges = new AtomicInteger();

    @Override
    public ObjectNode info() {
        return Json.object().put("name", "millrace-fixture").put("version", "1.0.0");
    }

    @Override
    public String instructions() {
        return "For tests.";
    }

    private static OfferedTool tool(String name, String description, OfferedTool.Run run) {
        ObjectNode definition = Json.object().put("name", name).put("description", description);
        definition.putObject("inputSchema").put("type", "object").putObject("properties");
        return new OfferedTool(definition, run);
    }

    private static OfferedTool with(OfferedTool tool, String argument, String type) {
        ((ObjectNode) tool.definition().path("inputSchema").path("properties")).putObject(argument).put("type", type);
        return tool;
    }

    private static ObjectNode text(String text) {
        ObjectNode result = Json.object();
        result.putArray("content").addObject().put("type", "text").put("text", text);
        return result;
    }

    private static ObjectNode content(ObjectNode... blocks) {
        ObjectNode result = Json.object();
        result.putArray("content").addAll(List.of(blocks));
        return result;
    }

    private static ObjectNode image() {
        return Json.object().put("type", "image").put("data", PNG).put("mimeType", "image/png");
    }

    private static ObjectNode embedded(String uri, String type, String text) {
        ObjectNode block = Json.object().put("type", "resource");
        block.putObject("resource").put("uri", uri).put("mimeType", type).put("text", text);
        return block;
    }

    @Override
    public List<OfferedTool> tools() {
        List<OfferedTool> tools = new ArrayList<>();
        tools.add(tool("test_simple_text", "Text.", (a, c) -> text("This is a simple text response for testing.")));
        tools.add(tool("test_image_content", "An image.", (a, c) -> content(image())));
        tools.add(tool("test_audio_content", "Audio.", (a, c) -> content(
                Json.object().put("type", "audio").put("data", WAV).put("mimeType", "audio/wav"))));
        tools.add(tool("test_embedded_resource", "A resource.", (a, c) -> content(
                embedded("test://embedded-resource", "text/plain", "This is an embedded resource content."))));
        tools.add(tool("test_multiple_content_types", "Several kinds.", (a, c) -> content(
                Json.object().put("type", "text").put("text", "Multiple content types test:"), image(),
                embedded("test://mixed-content-resource", "application/json",
                        "{\"test\":\"data\",\"value\":123}"))));
        tools.add(tool("test_tool_with_logging", "Logs.", (a, c) -> {
            for (String message : List.of("Tool execution started", "Tool processing data",
                    "Tool execution completed")) {
                c.log("info", "test", message);
                Thread.sleep(50);
            }
            return text("Tool with logging executed successfully");
        }));
        tools.add(tool("test_tool_with_progress", "Tells its progress.", (a, c) -> {
            for (int progress = 0; progress <= 100; progress += 50) {
                c.progress(progress, 100, "Completed step " + progress + " of 100");
                Thread.sleep(50);
            }
            return text("done");
        }));
        tools.add(tool("test_error_handling", "Fails.",
                (a, c) -> text("This tool intentionally returns an error for testing").put("isError", true)));
        tools.add(with(tool("test_sampling", "Asks the client's model.", Fixture::sampling), "prompt", "string"));
        tools.add(with(tool("test_elicitation", "Asks the user.", (a, c) -> elicitation(c,
                a.path("message").asText("?"), """
                        {"type":"object","properties":{"username":{"type":"string","description":"User's response"},
                        "email":{"type":"string","description":"User's email address"}},
                        "required":["username","email"]}""")), "message", "string"));
        tools.add(tool("test_elicitation_sep1034_defaults", "Asks with defaults.", (a, c) -> elicitation(c,
                "Please review and update the form fields with defaults", """
                        {"type":"object","properties":{
                        "name":{"type":"string","description":"User name","default":"John Doe"},
                        "age":{"type":"integer","description":"User age","default":30},
                        "score":{"type":"number","description":"User score","default":95.5},
                        "status":{"type":"string","description":"User status","enum":["active","inactive","pending"],
                        "default":"active"},
                        "verified":{"type":"boolean","description":"Verification status","default":true}},
                        "required":[]}""")));
        tools.add(tool("test_elicitation_sep1330_enums", "Asks with choices.", (a, c) -> elicitation(c,
                "Please select options from the enum fields",
                """
                        {"type":"object","properties":{
                        "untitledSingle":{"type":"string","description":"Select one option",
                        "enum":["option1","option2","option3"]},
                        "titledSingle":{"type":"string","description":"Select one option with titles","oneOf":[
                        {"const":"value1","title":"First Option"},{"const":"value2","title":"Second Option"},
                        {"const":"value3","title":"Third Option"}]},
                        "legacyEnum":{"type":"string","description":"Select one option (legacy)",
                        "enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},
                        "untitledMulti":{"type":"array","description":"Select multiple options","minItems":1,"maxItems":3,
                        "items":{"type":"string","enum":["option1","option2","option3"]}},
                        "titledMulti":{"type":"array","description":"Select multiple options with titles","minItems":1,
                        "maxItems":3,"items":{"anyOf":[{"const":"value1","title":"First Choice"},
                        {"const":"value2","title":"Second Choice"},{"const":"value3","title":"Third Choice"}]}}},
                        "required":[]}""")));
        OfferedTool schema = tool("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features",
                (a, c) -> text("JSON Schema 2020-12 tool called with: " + a));
        schema.definition().set("inputSchema", read("""
                {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
                "$defs":{"address":{"$anchor":"addressDef","type":"object","properties":{"street":{"type":"string"},
                "city":{"type":"string"}}}},
                "properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},
                "contactMethod":{"type":"string","enum":["phone","email"]},"phone":{"type":"string"},
                "email":{"type":"string"}},
                "allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],
                "if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},
                "then":{"required":["phone"]},"else":{"required":["email"]},
                "additionalProperties":false}"""));
        tools.add(schema);
        tools.add(tool("slow", "Waits until it is interrupted.", (a, c) -> {
            Thread.sleep(600_000);
            return text("never");
        }));
        tools.add(tool("test_two_questions", "Asks twice, one after the other.", (a, c) -> {
            ObjectNode first = c.ask("first", "elicitation/create", question("What is your name?"));
            ObjectNode second = c.ask("second", "elicitation/create", question("And where do you live?"));
            return text(first.path("content") + " " + second.path("content"));
        }));
        InputFixtures.add(tools, changes, promptChanges);
        for (int i = 0; i < changes.get(); i++) {
            tools.add(tool("added_" + i, "Came later.", (a, c) -> text("here")));
        }
        return tools;
    }

    static ObjectNode question(String message) {
        ObjectNode params = Json.object().put("mode", "form").put("message", message);
        ObjectNode schema = params.putObject("requestedSchema").put("type", "object");
        schema.putObject("properties").putObject("answer").put("type", "string");
        return params;
    }

    private static ObjectNode sampling(ObjectNode arguments, CallContext context)
            throws RpcException, InterruptedException {
        ObjectNode params = Json.object().put("maxTokens", 100);
        params.putArray("messages").addObject().put("role", "user").putObject("content").put("type", "text")
                .put("text", arguments.path("prompt").asText("Hello"));
        ObjectNode answer = context.ask("sample", "sampling/createMessage", params);
        return text("LLM response: " + answer.path("content").path("text").asText());
    }

    private static ObjectNode elicitation(CallContext context, String message, String schema)
            throws RpcException, InterruptedException {
        ObjectNode params = Json.object().put("message", message);
        params.set("requestedSchema", read(schema));
        ObjectNode answer = context.ask("form", "elicitation/create", params);
        return text("User response: action=" + answer.path("action").asText() + ", content=" + answer.path("content"));
    }

    static ObjectNode read(String json) {
        try {
            return (ObjectNode) Json.parse(json);
        } catch (RpcException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Override
    public List<ObjectNode> resources() {
        return List.of(resource("test://static-text", "static-text", "text/plain"),
                resource("test://static-binary", "static-binary", "image/png"),
                resource("test://watched-resource", "watched-resource", "text/plain"));
    }

    private static ObjectNode resource(String uri, String name, String type) {
        return Json.object().put("uri", uri).put("name", name).put("mimeType", type).put("description", name);
    }

    @Override
    public List<ObjectNode> templates() {
        return List.of(Json.object().put("uriTemplate", "test://template/{id}/data").put("name", "template")
                .put("mimeType", "application/json").put("description", "A template."));
    }

    @Override
    public Optional<ArrayNode> read(String uri, CallContext context) throws RpcException, InterruptedException {
        ArrayNode contents = Json.array();
        ObjectNode content = contents.addObject().put("uri", uri);
        switch (uri) {
            case "test://static-text" -> content.put("mimeType", "text/plain").put("text",
                    "This is the content of the static text resource.");
            case "test://static-binary" -> content.put("mimeType", "image/png").put("blob", PNG);
            case "test://watched-resource" -> content.put("mimeType", "text/plain").put("text", version(uri));
            default -> {
                if (!uri.matches("test://template/[^/]+/data")) {
                    return Optional.empty();
                }
                String id = uri.substring("test://template/".length(), uri.length() - "/data".length());
                content.put("mimeType", "application/json").put("text", "{\"id\":\"" + id
                        + "\",\"templateTest\":true,\"data\":\"Data for ID: " + id + "\"}");
            }
        }
        return Optional.of(contents);
    }

    @Override
    public String version(String uri) {
        return uri + " " + changes.get();
    }

    @Override
    public List<ObjectNode> prompts() {
        List<ObjectNode> prompts = new ArrayList<>();
        prompts.add(Json.object().put("name", "test_simple_prompt").put("description", "Simple."));
        prompts.add(arguments("test_prompt_with_arguments", "arg1", "arg2"));
        prompts.add(arguments("test_prompt_with_embedded_resource", "resourceUri"));
        prompts.add(Json.object().put("name", "test_prompt_with_image").put("description", "With an image."));
        prompts.add(Json.object().put("name", "test_input_required_result_prompt").put("description", "Asks first."));
        for (int i = 0; i < promptChanges.get(); i++) {
            prompts.add(Json.object().put("name", "added_" + i).put("description", "Came later."));
        }
        return prompts;
    }

    private static ObjectNode arguments(String name, String... names) {
        ObjectNode prompt = Json.object().put("name", name).put("description", "With arguments.");
        ArrayNode arguments = prompt.putArray("arguments");
        for (String argument : names) {
            arguments.addObject().put("name", argument).put("description", argument).put("required", true);
        }
        return prompt;
    }

    @Override
    public Optional<ObjectNode> prompt(String name, ObjectNode arguments, CallContext context)
            throws RpcException, InterruptedException {
        Map<String, ObjectNode> blocks = new LinkedHashMap<>();
        switch (name) {
            case "test_simple_prompt" -> blocks.put("1", say("This is a simple prompt for testing."));
            case "test_prompt_with_arguments" -> blocks.put("1",
                    say("Prompt with arguments: arg1='" + arguments.path("arg1").asText() + "', arg2='"
                            + arguments.path("arg2").asText() + "'"));
            case "test_prompt_with_embedded_resource" -> {
                blocks.put("1", embedded(arguments.path("resourceUri").asText(), "text/plain",
                        "Embedded resource content for testing."));
                blocks.put("2", say("Please process the embedded resource above."));
            }
            case "test_prompt_with_image" -> {
                blocks.put("1", image());
                blocks.put("2", say("Please analyze the image above."));
            }
            case "test_broken_prompt" -> throw new NoSuchMethodError("of another version");
            case "test_input_required_result_prompt" -> {
                ObjectNode answer = context.ask("user_context", "elicitation/create",
                        question("What context should the prompt use?"));
                blocks.put("1", say("Use this context: " + answer.path("content")));
            }
            default -> {
                return Optional.empty();
            }
        }
        ObjectNode result = Json.object();
        ArrayNode messages = result.putArray("messages");
        blocks.values().forEach(block -> messages.addObject().put("role", "user").set("content", block));
        return Optional.of(result);
    }

    private static ObjectNode say(String text) {
        return Json.object().put("type", "text").put("text", text);
    }

    @Override
    public boolean completes() {
        return true;
    }

    @Override
    public List<String> complete(ObjectNode reference, ObjectNode argument) {
        return List.of("paris", "park", "party").stream()
                .filter(word -> word.startsWith(argument.path("value").asText())).toList();
    }
}
