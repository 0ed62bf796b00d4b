/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.Model;
import dev.millrace.api.Progress;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import dev.millrace.api.ToolSelection;
import dev.millrace.api.ToolSelector;
import dev.millrace.spi.model.ModelSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model with many tools is told of those that it needs; what it reads is looked at here. */
class ToolSelectionTest {

    private static final List<String> NAMES = List.of("open_window", "read_sensor", "set_lamp", "lock_door",
            "start_pump",
            "list_alarms", "send_mail", "water_garden");
    private static final ToolSelection THREE = ToolSelection.DEFAULT.withThreshold(4).withMost(3);

    /** The list, once what follows it has been read, too. */
    private static final Pattern TOOLS = Pattern.compile("List of tools: (.*)<\\|im_end\\|>\n");
    private static final Pattern NAME = Pattern.compile("\"name\": ?\"([a-z_]+)\"");

    @TempDir
    Path folder;

    /** What the one conversation has read, and how that was after each step. */
    private final List<Integer> read = new ArrayList<>();
    private final List<int[]> prompts = new CopyOnWriteArrayList<>();
    private final List<String> results = new ArrayList<>();

    private ScriptedBackend backend(String... script) {
        ScriptedBackend backend = new ScriptedBackend("here", true, script);
        backend.onStep = step -> {
            read.subList(step.sequence().length(), read.size()).clear();
            for (int i = 0; i < step.length(); i++) {
                read.add(step.token(i));
            }
            prompts.add(read.stream().mapToInt(Integer::intValue).toArray());
        };
        return backend;
    }

    private static String call(String name) {
        return "<|tool_call_start|>[" + name + "(name=\"x\")]<|tool_call_end|>";
    }

    private static ToolProvider tools() {
        List<Tool> tools = NAMES.stream()
                .flatMap(name -> Stage.tool(name, call -> ToolResult.of("did " + name)).tools().stream()).toList();
        return () -> tools;
    }

    /** Asks, and tells the names of the tools in what was read, in their order there; once for all prompts in a row that have the same. */
    private List<List<String>> told(Model model, Conversation conversation, String question) {
        prompts.clear();
        results.clear();
        try (Generation generation = conversation.send(question)) {
            for (Event event : generation) {
                if (event instanceof Event.ToolAnswered answered) {
                    results.add(String.valueOf(answered.result().value()));
                }
            }
        }
        List<List<String>> told = new ArrayList<>();
        for (int[] prompt : prompts) {
            Matcher whole = TOOLS.matcher(model.tokenizer().decode(prompt));
            if (whole.find()) {
                List<String> names = NAME.matcher(whole.group(1)).results().map(each -> each.group(1)).toList();
                if (told.isEmpty() || !told.getLast().equals(names)) {
                    told.add(names);
                }
            }
        }
        return told;
    }

    @Test
    void tellsOfAllUpToTheThreshold() {
        try (Stage stage = new Stage(folder, backend("Yes."));
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(tools()).start()) {
            assertEquals(List.of(NAMES), told(model, conversation, "Is a lamp on?"));
        }
    }

    @Test
    void tellsOfThoseThatFitInTheOrderOfAll() {
        try (Stage stage = new Stage(folder, backend("Yes."));
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(tools()).toolSelection(THREE).start()) {
            assertEquals(List.of(List.of("set_lamp", "lock_door", "start_pump")),
                    told(model, conversation,
                            "The pumps have to start; then switch on a lamp and the door is locked."));
            assertEquals(NAMES, conversation.tools().stream().map(ToolDefinition::name).toList());
        }
    }

    @Test
    void aToolThatWasLeftOutIsRunAndAdded() {
        try (Stage stage = new Stage(folder, backend(call("send_mail"), "Sent."));
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(tools()).toolSelection(THREE).start()) {
            List<List<String>> told = told(model, conversation, "Lamp, door, pump: start.");
            assertEquals(List.of("did send_mail"), results);
            assertFalse(told.getFirst().contains("send_mail"));
            assertTrue(told.getLast().contains("send_mail"), told::toString);
            assertEquals(3, told.getLast().size());
            assertEquals("Sent.", conversation.messages().getLast().content());
        }
    }

    @Test
    void aWrongNameIsAnsweredWithTheRightOne() {
        try (Stage stage = new Stage(folder, backend(call("mail_send"), call("send_mail"), "Sent."));
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(tools()).toolSelection(THREE).start()) {
            List<List<String>> told = told(model, conversation, "Lamp, door, pump: start.");
            assertTrue(results.getFirst().startsWith("There is no tool mail_send, did you mean send_mail? There are"),
                    results::toString);
            assertEquals("did send_mail", results.getLast());
            assertTrue(told.get(1).contains("send_mail"), told::toString);
        }
    }

    @Test
    void whatWasUsedLatelyStaysForAWhile() {
        try (Stage stage = new Stage(folder, backend(call("send_mail"), "Sent.", "1", "2", "3", "4"));
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(tools()).toolSelection(THREE).start()) {
            told(model, conversation, "Send a mail.");
            for (int i = 0; i < 3; i++) {
                List<List<String>> told = told(model, conversation, "Lamp, door, pump: start " + i + ".");
                assertTrue(told.getFirst().contains("send_mail"), told::toString);
            }
            assertEquals(List.of(List.of("set_lamp", "lock_door", "start_pump")),
                    told(model, conversation, "Lamp, door, pump: start again."));
        }
    }

    @Test
    void someAreAlwaysTold() {
        try (Stage stage = new Stage(folder, backend("Yes."));
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(tools())
                        .declare(List.of(Stage.definition("of_the_caller")))
                        .toolSelection(THREE.withAlways(Set.of("water_garden", "no_such_tool"))).start()) {
            List<String> told = told(model, conversation, "Lamp, door.").getFirst();
            assertEquals(List.of("set_lamp", "lock_door", "water_garden", "of_the_caller"), told);
        }
    }

    @Test
    void theBudgetOfTokensHolds() {
        ToolDefinition one = Stage.definition("set_lamp");
        try (Stage stage = new Stage(folder, backend("Yes."));
                Model model = stage.open()) {
            int tokens = model.tokenizer().encode(one.toString()).length;
            try (Conversation conversation = model.conversation().tools(tools())
                    .toolSelection(THREE.withTokens(tokens * 3 / 2)).start()) {
                assertEquals(List.of(List.of("set_lamp")), told(model, conversation, "Lamp, door, pump."));
            }
        }
    }

    private record Chooser(String favourite) implements ToolSelector {

        @Override
        public String name() {
            return "chooser";
        }

        @Override
        public List<ToolDefinition> rank(List<ToolDefinition> tools, List<Message> messages) {
            if (favourite.isEmpty()) {
                throw new IllegalStateException("cannot choose");
            }
            return tools.stream().filter(tool -> tool.name().equals(favourite)).toList();
        }
    }

    @Test
    void aPluginMayChooseAndMayFail() {
        try (Stage stage = new Stage(folder, backend("Yes.", "Yes.", "Yes."));
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(tools()).toolSelection(THREE.withMost(1))
                        .start()) {
            Chooser chooser = new Chooser("water_garden");
            stage.engine.addSelector(chooser);
            assertEquals(List.of(List.of("water_garden")), told(model, conversation, "Lamp?"));
            stage.engine.removeSelector(chooser);
            assertEquals(List.of(List.of("set_lamp")), told(model, conversation, "A lamp?"));
            stage.engine.addSelector(new Chooser(""));
            assertEquals(List.of(List.of("lock_door")), told(model, conversation, "A door?"));
        }
    }

    @Test
    void whatAModelWasMadeForIsAlwaysTold() {
        try (Stage stage = new Stage(folder, backend("Yes."))) {
            ToolProvider own = Stage.tool("ring_bell", call -> ToolResult.of("ding"));
            stage.engine.addTools(new ToolProvider() {
                @Override
                public String name() {
                    return "bells";
                }

                @Override
                public List<Tool> tools() {
                    return own.tools();
                }
            });
            stage.engine.addSource(new ModelSource() {
                @Override
                public String id() {
                    return "shelf";
                }

                @Override
                public int order() {
                    return 0;
                }

                @Override
                public Optional<Resolved> resolve(String reference, Progress progress) {
                    return Optional.of(new Resolved(folder.resolve("model.scripted"), List.of(), List.of("bells")));
                }
            });
            try (Model model = stage.open();
                    Conversation conversation = model.conversation().suggestedTools().tools(tools())
                            .toolSelection(THREE.withMost(1)).start()) {
                assertEquals(List.of(List.of("ring_bell", "set_lamp")), told(model, conversation, "A lamp?"));
            }
        }
    }

    @Test
    void readsSettings() {
        assertEquals(ToolSelection.DEFAULT, ToolSettings.parse(" "));
        assertEquals(ToolSelection.OFF, ToolSettings.parse("all"));
        assertEquals(new ToolSelection(5, 4, 300, Set.of("a", "b")),
                ToolSettings.parse("threshold=5, most=4,tokens=300,always=a,always=b"));
        for (String wrong : List.of("most", "most=x", "least=3", "most=0")) {
            assertThrows(IllegalArgumentException.class, () -> ToolSettings.parse(wrong), wrong);
        }
    }

    @Test
    void aForkIsToldTheSame() {
        try (Stage stage = new Stage(folder, backend(call("send_mail"), "Sent.", "Yes."));
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(tools()).toolSelection(THREE).start()) {
            told(model, conversation, "Lamp, door, pump: start.");
            try (Conversation fork = conversation.fork()) {
                assertEquals(conversation.promptTokens(), fork.promptTokens());
            }
            assertEquals(Map.of("name", "x"),
                    conversation.messages().stream().flatMap(each -> each.toolCalls().stream())
                            .map(ToolCall::arguments).findFirst().orElseThrow());
        }
    }
}
