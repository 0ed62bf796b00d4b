/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.settings;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.json.JsonReason;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.mqtt.message.TopicPattern;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads settings from a file of JSON, in which comments are allowed. docs/mqtt.md says what each setting means. */
public final class SettingsFile {

    private static final int LARGEST = 1 << 20;
    private static final int HOURS = 3_600;
    private static final int DAY = 24 * HOURS;
    private static final Pattern NAME = Pattern.compile("\\{([A-Za-z][A-Za-z0-9_]*)((?:\\.[^{}]+)?)}");
    private static final Set<String> OF_EVERY_MESSAGE = Set.of("payload", "topic", "time");

    private final Path file;
    private final Path folder;

    private SettingsFile(Path file) {
        this.file = file;
        this.folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of("/"));
    }

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException if it cannot be read or something in it is wrong, in one sentence with the cure
     */
    public static Settings read(Path file) {
        try {
            if (Files.size(file) > LARGEST) {
                throw new IllegalArgumentException(file + " has more than a megabyte: it is no file of settings.");
            }
            return read(file, dev.millrace.json.Json.text(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new IllegalArgumentException(file + " cannot be read (" + e.getMessage()
                    + "): name a file of settings for MQTT, as docs/mqtt.md shows one.", e);
        }
    }

    /**
     * Reads the text of a file.
     *
     * @param file to which paths in it are relative
     */
    public static Settings read(Path file, String text) {
        JsonNode root;
        try {
            root = JsonMapper.builder().enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
                    .enable(JsonReadFeature.ALLOW_TRAILING_COMMA).enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build().readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    file + " is not JSON: " + JsonReason.of(e) + " (line "
                            + (e.getLocation() == null ? 1 : e.getLocation().getLineNr()) + ").",
                    e);
        }
        if (!(root instanceof ObjectNode object)) {
            throw new IllegalArgumentException(file + " must hold one object in braces.");
        }
        return new SettingsFile(file).settings(object);
    }

    /**
     * Settings without a file: one topic where questions arrive.
     *
     * @param folder where messages are kept that wait
     */
    public static Settings simple(Path folder, String broker, String topic, String answer, List<String> models) {
        ObjectNode root = Json.object();
        root.putObject("broker").put("url", broker);
        root.put("folder", folder.toAbsolutePath().toString());
        ObjectNode prompt = root.putArray("prompts").addObject();
        prompt.put("topic", topic);
        prompt.put("answer", answer);
        prompt.putArray("tools").add("*");
        models.forEach(root.withArray("models")::add);
        return new SettingsFile(Path.of("The command line")).settings(root);
    }

    private Settings settings(ObjectNode object) {
        Section root = new Section(file, "", object);
        Path queue = path(root.text("folder").orElse("mqtt-queue"), root, "folder");
        Broker broker = broker(root.section("broker").orElseThrow(() -> root.wrong("broker", "is missing: give it"
                + " at least a url, such as mqtt://127.0.0.1:1883")), queue);
        List<TopicTool> tools = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Section section : root.sections("tools")) {
            TopicTool tool = tool(section);
            if (!names.add(tool.name())) {
                throw section.wrong("name", "is " + tool.name() + ", as that of another tool");
            }
            tools.add(tool);
        }
        String toolset = root.text("toolset").orElse("mqtt");
        List<Prompt> prompts = new ArrayList<>();
        for (Section section : root.sections("prompts")) {
            prompts.add(prompt(section, toolset));
        }
        if (prompts.isEmpty() && tools.isEmpty()) {
            throw root.wrong("prompts", "and tools are both empty: say what to ask, or which topics are tools");
        }
        checkNoCircle(root, prompts);
        Optional<Approval> approval = root.section("approval").map(SettingsFile::approval);
        if (approval.isEmpty()
                && tools.stream().anyMatch(tool -> tool instanceof TopicTool.Publish publish && publish.approve())) {
            throw root.wrong("approval",
                    "is missing, and a tool has approve: say at which topics a person is asked and answers");
        }
        Optional<Discovery> discovery = root.section("homeAssistant").map(section -> discovery(section, prompts));
        Settings settings = new Settings(broker, root.texts("models").orElse(List.of()), queue,
                root.number("waitingMessages", 10_000, 1, 10_000_000),
                root.number("waitingMegabytes", 64, 1, 100_000) * (1L << 20), root.number("atOnce", 2, 1, 1_000),
                toolset, prompts, tools, approval, discovery);
        root.end();
        return settings;
    }

    private Broker broker(Section section, Path queue) {
        URI given;
        try {
            given = URI.create(section.required("url"));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(section.wrong("url", "is no address: write mqtt://HOST:PORT or"
                    + " mqtts://HOST:PORT").getMessage(), e);
        }
        boolean encrypted = "mqtts".equals(given.getScheme());
        if ((!encrypted && !"mqtt".equals(given.getScheme())) || given.getHost() == null
                || given.getUserInfo() != null || !(given.getPath() == null || given.getPath().isEmpty())) {
            throw section.wrong("url", "is " + given + ": write mqtt://HOST:PORT or mqtts://HOST:PORT, and user and"
                    + " password as settings of their own");
        }
        URI address = given.getPort() > 0
                ? given
                : URI.create(given.getScheme() + "://" + given.getHost() + (encrypted ? ":8883" : ":1883"));
        Optional<Section> tls = section.section("tls");
        if (tls.isPresent() && !encrypted) {
            throw section.wrong("tls", "is set, and the url begins with mqtt: write mqtts");
        }
        String client = section.text("client").orElse("millrace-" + digest(queue.toString()));
        Broker broker = new Broker(address, client, section.text("user"), secret(section, "password", "passwordFile"),
                encrypted
                        ? Optional.of(tls.map(this::tls).orElseGet(
                                () -> Tls.of(Optional.empty(), Optional.empty(), "")))
                        : Optional.empty(),
                section.topic("status").orElse("millrace/" + client + "/status"),
                section.number("keepAliveSeconds", 30, 1, 65_535),
                section.number("sessionSeconds", DAY, 0, Integer.MAX_VALUE),
                section.number("longestPauseSeconds", 60, 1, HOURS));
        section.end();
        return broker;
    }

    private Tls tls(Section section) {
        Tls tls = Tls.of(section.text("authorities").map(each -> path(each, section, "authorities")),
                section.text("keystore").map(each -> path(each, section, "keystore")),
                secret(section, "keystorePassword", "keystorePasswordFile").orElse(""));
        section.end();
        return tls;
    }

    private Prompt prompt(Section section, String toolset) {
        TopicPattern topic = section.pattern("topic").orElseThrow(() -> section.wrong("topic", "is missing"));
        String template = section.text("template").orElse("{payload}");
        checkNames(section, "template", template, topic, OF_EVERY_MESSAGE);
        Optional<TopicPattern> answer = section.pattern("answer");
        answer.ifPresent(pattern -> checkOwn(section, "answer", pattern, topic));
        Optional<TopicPattern> calls = section.pattern("calls");
        calls.ifPresent(pattern -> checkOwn(section, "calls", pattern, topic));
        String form = section.text("form").orElse("text");
        if (!form.equals("text") && !form.equals("json")) {
            throw section.wrong("form", "must be text or json, and is " + form);
        }
        Optional<String> share = section.text("share");
        if (share.filter(group -> group.matches(".*[/+#].*")).isPresent()) {
            throw section.wrong("share", "must be the name of a group, without / + #");
        }
        Prompt prompt = new Prompt(topic, share, template, section.text("system"), answer, calls, form.equals("json"),
                section.texts("tools").orElse(List.of(toolset)), section.text("model"),
                section.number("maxTokens", 512, 1, 1_000_000), section.number("seconds", 120, 1, DAY),
                section.number("maxBytes", 8_192, 1, 1 << 24), section.number("debounceSeconds", 0, 0, DAY),
                section.number("perMinute", 0, 0, 100_000), section.number("repeatSeconds", 300, 0, DAY));
        section.end();
        return prompt;
    }

    private static TopicTool tool(Section section) {
        String name = section.required("name");
        if (!name.matches("[A-Za-z0-9_.-]{1,64}")) {
            throw section.wrong("name", "must have 1 to 64 letters, digits or '_', '.', '-', and is " + name);
        }
        String description = section.required("description");
        Optional<TopicPattern> reads = section.pattern("reads");
        Optional<TopicPattern> publishes = section.pattern("publishes");
        if (reads.isPresent() == publishes.isPresent()) {
            throw section.wrong("", "must have either reads or publishes, with a topic");
        }
        TopicTool tool;
        if (reads.isPresent()) {
            if (!reads.get().isExact()) {
                throw section.wrong("reads", "must have names such as {room} in place of wildcards");
            }
            tool = new TopicTool.Read(name, description, reads.get(), choices(section, reads.get().names()),
                    section.text("value").orElse(""), section.text("unit"),
                    section.number("staleSeconds", 0, 0, Integer.MAX_VALUE));
        } else {
            TopicPattern topic = publishes.orElseThrow();
            if (!topic.isExact()) {
                throw section.wrong("publishes", "must have names such as {name} in place of wildcards");
            }
            String payload = section.required("payload");
            Set<String> arguments = new TreeSet<>(topic.names());
            Matcher matcher = NAME.matcher(payload);
            while (matcher.find()) {
                arguments.add(matcher.group(1));
            }
            tool = new TopicTool.Publish(name, description, topic, choices(section, List.copyOf(arguments)), payload,
                    section.flag("retain"), section.flag("approve"));
        }
        section.end();
        return tool;
    }

    private static Map<String, List<String>> choices(Section section, List<String> arguments) {
        Map<String, List<String>> choices = new LinkedHashMap<>();
        section.section("arguments").ifPresent(given -> {
            for (String name : given.names()) {
                if (!arguments.contains(name)) {
                    throw given.wrong(name, "is no argument of this tool" + (arguments.isEmpty()
                            ? ", which has none"
                            : "; it has " + String.join(", ", arguments)));
                }
                choices.put(name, given.texts(name).orElse(List.of()));
            }
        });
        return choices;
    }

    private static Approval approval(Section section) {
        String ask = section.topic("ask").orElseThrow(() -> section.wrong("ask", "is missing"));
        TopicPattern answer = section.pattern("answer").orElseThrow(() -> section.wrong("answer", "is missing"));
        if (!answer.names().equals(List.of("id")) || !answer.isExact()) {
            throw section.wrong("answer", "must have the level {id}, and no wildcards: which question is answered");
        }
        Approval approval = new Approval(ask, answer, section.number("seconds", 60, 1, HOURS));
        section.end();
        return approval;
    }

    private static Discovery discovery(Section section, List<Prompt> prompts) {
        String question = section.topic("topic").orElseThrow(() -> section.wrong("topic", "is missing: name the topic"
                + " of one of the prompts"));
        Prompt prompt = prompts.stream().filter(each -> each.topic().toString().equals(question)).findFirst()
                .orElseThrow(() -> section.wrong("topic", "is " + question + ", which is the topic of no prompt"));
        TopicPattern answer = prompt.answer().filter(each -> each.isExact() && each.names().isEmpty())
                .orElseThrow(() -> section.wrong("topic", "is that of a prompt without a topic for answers"));
        if (!prompt.json()) {
            throw section.wrong("topic", "is that of a prompt whose form is text: Home Assistant needs json");
        }
        String id = section.text("id").orElse("millrace");
        if (!id.matches("[A-Za-z0-9_-]{1,64}")) {
            throw section.wrong("id", "must have 1 to 64 letters, digits or '_', '-', and is " + id);
        }
        Discovery discovery = new Discovery(section.topic("prefix").orElse("homeassistant"), id,
                section.text("name").orElse("Millrace"), question, answer.toString());
        section.end();
        return discovery;
    }

    private static void checkNoCircle(Section root, List<Prompt> prompts) {
        for (Prompt from : prompts) {
            for (Optional<TopicPattern> to : List.of(from.answer(), from.calls())) {
                for (Prompt other : prompts) {
                    if (to.isPresent() && other.topic().match(to.get().toString()).isPresent()) {
                        throw root.wrong("prompts", "would go round in a circle: what is published at " + to.get()
                                + " is asked again by the prompt of " + other.topic());
                    }
                }
            }
        }
    }

    private static void checkOwn(Section section, String name, TopicPattern pattern, TopicPattern topic) {
        if (!pattern.isExact()) {
            throw section.wrong(name, "must not have wildcards");
        }
        for (String level : pattern.names()) {
            if (!topic.names().contains(level)) {
                throw section.wrong(name, "has the level {" + level + "}, which the topic has not");
            }
        }
    }

    private static void checkNames(Section section, String name, String template, TopicPattern topic,
            Set<String> more) {
        Matcher matcher = NAME.matcher(template);
        while (matcher.find()) {
            String used = matcher.group(1);
            if (!topic.names().contains(used) && !more.contains(used)) {
                Set<String> known = new TreeSet<>(topic.names());
                known.addAll(more);
                throw section.wrong(name, "has {" + used + "}; there are " + String.join(", ", known)
                        + ", and {payload.FIELD} for payloads in JSON");
            }
        }
    }

    private Optional<String> secret(Section section, String name, String fileName) {
        Optional<String> direct = section.text(name);
        return direct.isPresent() ? direct : section.text(fileName).map(given -> {
            Path where = path(given, section, fileName);
            try {
                return Files.readString(where).strip();
            } catch (IOException e) {
                throw new IllegalArgumentException(
                        section.wrong(fileName, "names " + where + ", which cannot be read").getMessage(), e);
            }
        });
    }

    private Path path(String given, Section section, String name) {
        try {
            return folder.resolve(given).normalize();
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(section.wrong(name, "is no path").getMessage(), e);
        }
    }

    /** A short text that is the same whenever the same folder is used, and another for each folder and machine. */
    private static String digest(String folder) {
        try {
            String host = Optional.ofNullable(System.getenv("HOSTNAME")).orElseGet(SettingsFile::host);
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest((host + "\n" + folder).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 5);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256.", e);
        }
    }

    private static String host() {
        try {
            return Files.readString(Path.of("/etc/hostname")).strip();
        } catch (IOException e) {
            return System.getProperty("user.name", "");
        }
    }
}
