/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openhab;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.openhab.core.voice.text.interpreter.llm.LLMTool;
import org.openhab.core.voice.text.interpreter.llm.LLMToolException;
import org.openhab.core.voice.text.interpreter.llm.LLMToolParam;

/** A tool of openHAB as a tool of a model. */
final class HostTool implements Tool {

    private static final int LONGEST_NAME = 60;

    private final LLMTool tool;
    private final Locale locale;
    private final ToolDefinition definition;

    private HostTool(LLMTool tool, String name, Locale locale) {
        this.tool = tool;
        this.locale = locale;
        this.definition = new ToolDefinition(name, tool.getDescription(locale), schema(tool, locale));
    }

    /** Tools with names that models can write and that are all different. */
    static List<HostTool> all(List<LLMTool> tools, Locale locale) {
        List<HostTool> all = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (LLMTool tool : tools) {
            String plain = tool.getUID().replaceAll("[^A-Za-z0-9_.-]", "_");
            String name = plain.isEmpty() ? "tool" : plain.substring(0, Math.min(plain.length(), LONGEST_NAME));
            String own = name;
            for (int i = 2; !names.add(own); i++) {
                own = name + "_" + i;
            }
            all.add(new HostTool(tool, own, locale));
        }
        return all;
    }

    /** Offers tools to a conversation. */
    static ToolProvider provider(String name, List<? extends Tool> tools) {
        return new ToolProvider() {

            @Override
            public String name() {
                return name;
            }

            @Override
            public List<Tool> tools() {
                return List.copyOf(tools);
            }
        };
    }

    private static Map<String, @Nullable Object> schema(LLMTool tool, Locale locale) {
        Map<String, @Nullable Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (LLMToolParam param : tool.getParamDescriptions(locale)) {
            Map<String, @Nullable Object> property = new LinkedHashMap<>();
            property.put("type", switch (param.type()) {
                case Boolean -> "boolean";
                case String -> "string";
                case Number -> "number";
            });
            property.put("description", param.description());
            if (!param.options().isEmpty()) {
                property.put("enum", param.options());
            }
            properties.put(param.name(), property);
            if (param.required()) {
                required.add(param.name());
            }
        }
        Map<String, @Nullable Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("properties", properties);
        schema.put("required", required);
        schema.put("additionalProperties", false);
        return schema;
    }

    @Override
    public ToolDefinition definition() {
        return definition;
    }

    @Override
    public ToolResult call(ToolCall call) {
        Map<String, Object> arguments = new HashMap<>();
        call.arguments().forEach((name, value) -> {
            if (value != null) {
                arguments.put(name, value);
            }
        });
        try {
            return ToolResult.of(tool.call(arguments, locale));
        } catch (LLMToolException e) {
            return ToolResult.error(String.valueOf(e.getMessage()));
        }
    }
}
