/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.tool;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import dev.millrace.plugin.mqtt.message.Outgoing;
import dev.millrace.plugin.mqtt.message.TopicPattern;
import dev.millrace.plugin.mqtt.settings.TopicTool;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Topics as tools: what was last published can be read, and something can be published. */
public final class TopicTools implements ToolProvider {

    private static final Pattern NAME = Pattern.compile("\\{([A-Za-z][A-Za-z0-9_]*)}");
    private static final int SHOWN = 20;
    private static final int LONGEST = 2_000;

    /** Publishes at once. */
    @FunctionalInterface
    public interface Publisher {

        /**
         * Publishes.
         *
         * @throws IOException if the broker does not take it now, with the reason as a sentence
         */
        void publish(Outgoing message) throws IOException, InterruptedException;
    }

    private final String name;
    private final List<Tool> tools;

    /** Tools of these topics. */
    public TopicTools(String name, List<TopicTool> topics, States states, Publisher publisher, InstantSource clock) {
        this.name = name;
        this.tools = topics.stream().map(topic -> switch (topic) {
            case TopicTool.Read read -> (Tool) new Reader(read, states, clock);
            case TopicTool.Publish publish -> new Sender(publish, publisher);
        }).toList();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<Tool> tools() {
        return tools;
    }

    private static ToolDefinition definition(TopicTool tool, Iterable<String> arguments) {
        Map<String, @Nullable Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (String argument : arguments) {
            Map<String, @Nullable Object> schema = new LinkedHashMap<>();
            schema.put("type", "string");
            Optional.ofNullable(tool.choices().get(argument)).ifPresent(choices -> schema.put("enum", choices));
            properties.put(argument, schema);
            required.add(argument);
        }
        Map<String, @Nullable Object> parameters = new LinkedHashMap<>();
        parameters.put("type", "object");
        parameters.put("properties", properties);
        parameters.put("required", required);
        return new ToolDefinition(tool.name(), tool.description(), parameters);
    }

    /** The arguments of a call as texts; what a model made up is refused. */
    private static Map<String, String> arguments(TopicTool tool, Iterable<String> names, ToolCall call) {
        Map<String, String> arguments = new LinkedHashMap<>();
        for (String name : names) {
            Object value = call.arguments().get(name);
            if (!(value instanceof String || value instanceof Number || value instanceof Boolean)) {
                throw new IllegalArgumentException(name + " is missing: it must be text.");
            }
            String text = value.toString();
            List<String> choices = tool.choices().get(name);
            if (choices != null && !choices.contains(text)) {
                throw new IllegalArgumentException(name + " must be one of " + shown(choices) + ".");
            }
            arguments.put(name, text);
        }
        return arguments;
    }

    private static String shown(List<String> all) {
        return String.join(", ", all.subList(0, Math.min(SHOWN, all.size()))) + (all.size() > SHOWN ? ", ..." : "");
    }

    private static String cut(String text) {
        return text.length() <= LONGEST
                ? text
                : text.substring(0, Character.isHighSurrogate(text.charAt(LONGEST - 1)) ? LONGEST - 1 : LONGEST)
                        + " [cut]";
    }

    private record Reader(TopicTool.Read tool, States states, InstantSource clock) implements Tool {

        @Override
        public ToolDefinition definition() {
            return TopicTools.definition(tool, tool.topic().names());
        }

        @Override
        public ToolResult call(ToolCall call) {
            Map<String, String> arguments;
            String topic;
            try {
                arguments = arguments(tool, tool.topic().names(), call);
                topic = tool.topic().fill(arguments);
            } catch (IllegalArgumentException e) {
                return ToolResult.error(String.valueOf(e.getMessage()));
            }
            Optional<States.State> state = states.get(topic);
            if (state.isEmpty()) {
                return ToolResult.error("Nothing is known of that. " + known());
            }
            Payload payload = Payload.of(state.get().payload());
            Optional<Object> value = tool.value().isEmpty() ? Optional.of(payload.value()) : payload.at(tool.value());
            if (value.isEmpty()) {
                return ToolResult.error("What was last published has no value.");
            }
            Map<String, @Nullable Object> result = new LinkedHashMap<>(arguments);
            Map<String, Object> fields = tool.value().isEmpty() ? payload.fields() : Map.of();
            if (fields.isEmpty()) {
                result.put("value", value.get() instanceof String text ? cut(text) : value.get());
            } else {
                fields.forEach(
                        (field, each) -> result.putIfAbsent(field, each instanceof String text ? cut(text) : each));
            }
            tool.unit().ifPresent(unit -> result.put("unit", unit));
            long seconds = (clock.millis() - state.get().at()) / 1000;
            if (tool.staleSeconds() > 0 && seconds > tool.staleSeconds()) {
                result.put("seconds_old", seconds);
            }
            return ToolResult.of(result);
        }

        private String known() {
            List<String> names = tool.topic().names();
            Set<String> known = new LinkedHashSet<>();
            for (String topic : states.topics()) {
                tool.topic().match(topic).ifPresent(levels -> known.add(
                        String.join(" ",
                                names.stream().map(levels::get).map(text -> cut(String.valueOf(text))).toList())));
            }
            return known.isEmpty()
                    ? "Nothing has been published yet."
                    : "There are: " + shown(List.copyOf(known)) + ".";
        }
    }

    private record Sender(TopicTool.Publish tool, Publisher publisher) implements Tool {

        private Set<String> names() {
            Set<String> names = new LinkedHashSet<>(tool.topic().names());
            Matcher matcher = NAME.matcher(tool.payload());
            while (matcher.find()) {
                names.add(matcher.group(1));
            }
            return names;
        }

        @Override
        public ToolDefinition definition() {
            return TopicTools.definition(tool, names());
        }

        @Override
        public ToolResult call(ToolCall call) throws InterruptedException {
            try {
                Map<String, String> arguments = arguments(tool, names(), call);
                TopicPattern topic = tool.topic();
                String payload = NAME.matcher(tool.payload())
                        .replaceAll(found -> Matcher.quoteReplacement(arguments.get(found.group(1))));
                publisher.publish(Outgoing.text(topic.fill(arguments), payload, tool.retain()));
                Map<String, @Nullable Object> result = new LinkedHashMap<>();
                result.put("ok", true);
                result.putAll(arguments);
                return ToolResult.of(result);
            } catch (IllegalArgumentException e) {
                return ToolResult.error(String.valueOf(e.getMessage()));
            } catch (IOException e) {
                return ToolResult.error(e.getMessage() + " Nothing was done.");
            }
        }
    }
}
