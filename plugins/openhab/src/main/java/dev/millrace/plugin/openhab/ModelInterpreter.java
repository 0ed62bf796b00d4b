/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openhab;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ToolProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.openhab.core.voice.text.HumanLanguageInterpreter;
import org.openhab.core.voice.text.InterpretationException;
import org.openhab.core.voice.text.InterpreterContext;
import org.openhab.core.voice.text.conversation.ConversationException;
import org.openhab.core.voice.text.conversation.ConversationRole;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * Has a model answer what people say to openHAB. It may call the tools of the conversation, and those of plugins of the runtime. The model
 * is opened when it is first asked.
 */
@Component(service = HumanLanguageInterpreter.class, configurationPid = ModelInterpreter.PID)
@Designate(ocd = ModelInterpreter.Config.class)
public final class ModelInterpreter implements HumanLanguageInterpreter {

    /** By which it is configured. */
    public static final String PID = "dev.millrace.openhab";

    private final Millrace millrace;
    private final String name;
    private final String system;
    private final Duration time;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Model model;

    /** What can be set. docs/hosts.md says more of each. */
    @ObjectClassDefinition(name = "Millrace interpreter", description = "A model that answers what people say to openHAB.")
    public @interface Config {

        /** The model. */
        @AttributeDefinition(name = "Model", description = "Its name; the first that there is, if empty.")
        String model() default "";

        /** The instructions. */
        @AttributeDefinition(name = "System prompt", description = "What the model is told where the conversation says nothing.")
        String system() default "";

        /** How long an answer may take. */
        @AttributeDefinition(name = "Seconds", description = "How long an answer may take.")
        int seconds() default 60;
    }

    /** An interpreter. */
    @Activate
    public ModelInterpreter(@Reference Millrace millrace, Config config) {
        this(millrace, config.model(), config.system(), Duration.ofSeconds(config.seconds()));
    }

    ModelInterpreter(Millrace millrace, String name, String system, Duration time) {
        this.millrace = millrace;
        this.name = name;
        this.system = system;
        this.time = time;
    }

    @Override
    public String getId() {
        return "millrace";
    }

    @Override
    public String getLabel(@Nullable Locale locale) {
        return "Millrace";
    }

    @Override
    public String interpret(Locale locale, String text) throws InterpretationException {
        return answer(null, List.of(), List.of(Message.user(text)));
    }

    @Override
    public String interpret(Locale locale, InterpreterContext context) throws InterpretationException {
        List<Message> messages = messages(context.conversation().getMessages());
        if (messages.isEmpty() || messages.getLast().role() != Message.Role.USER) {
            throw new InterpretationException("The last message of the conversation is not the user's.");
        }
        String said = answer(context.systemPrompt(), HostTool.all(context.tools(), locale), messages);
        try {
            context.conversation().addMessage(ConversationRole.OPENHAB, said);
        } catch (ConversationException e) {
            throw failed(e);
        }
        return said;
    }

    /** What was thought and called before is openHAB's affair: the model is told what was said. */
    private static List<Message> messages(
            List<org.openhab.core.voice.text.conversation.Conversation.Message> conversation) {
        List<Message> messages = new ArrayList<>();
        for (var message : conversation) {
            if (message.getRole() == ConversationRole.USER) {
                messages.add(Message.user(message.getContent()));
            } else if (message.getRole() == ConversationRole.OPENHAB) {
                messages.add(Message.assistant(message.getContent()));
            }
        }
        return messages;
    }

    private String answer(@Nullable String prompt, List<HostTool> tools, List<Message> messages)
            throws InterpretationException {
        try {
            Conversation.Builder builder = model().conversation().deadline(time)
                    .tools(HostTool.provider("openhab", tools))
                    .tools(plugins(tools));
            String told = prompt == null || prompt.isBlank() ? system : prompt;
            if (!told.isBlank()) {
                builder.system(told);
            }
            try (Conversation conversation = builder.start(); Generation generation = conversation.send(messages)) {
                Answer answer = generation.answer();
                if (answer.text().isBlank() && answer.reason() != FinishReason.STOP) {
                    throw new InterpretationException("The model " + model().info().name()
                            + " had not said anything when its answer ended by " + answer.reason() + ".");
                }
                return answer.text();
            }
        } catch (MillraceException | IllegalArgumentException | IllegalStateException e) {
            throw failed(e);
        }
    }

    /** The tools of plugins. Where openHAB has one of the same name, its own counts. */
    private ToolProvider[] plugins(List<HostTool> tools) {
        Set<String> taken = tools.stream().map(tool -> tool.definition().name()).collect(Collectors.toSet());
        return millrace.toolProviders().stream().map(plugin -> HostTool.provider(plugin.name(), plugin.tools().stream()
                .filter(tool -> !taken.contains(tool.definition().name())).toList())).toArray(ToolProvider[]::new);
    }

    private static InterpretationException failed(Exception cause) {
        InterpretationException failure = new InterpretationException(String.valueOf(cause.getMessage()));
        failure.initCause(cause);
        return failure;
    }

    private Model model() {
        lock.lock();
        try {
            Model open = model;
            if (open == null) {
                open = millrace.open(name.isBlank() ? first() : name);
                model = open;
            }
            return open;
        } finally {
            lock.unlock();
        }
    }

    private String first() {
        return millrace.models().stream().findFirst().orElseThrow(() -> new MillraceException(
                "There is no model: start a Millrace server, or set its address by dev.millrace.client."));
    }

    @Override
    public @Nullable String getGrammar(Locale locale, String format) {
        return null;
    }

    /** Whatever the model understands: none stands for all. */
    @Override
    public Set<Locale> getSupportedLocales() {
        return Set.of();
    }

    @Override
    public Set<String> getSupportedGrammarFormats() {
        return Set.of();
    }

    /** Closes the model. */
    @Deactivate
    public void close() {
        lock.lock();
        try {
            if (model != null) {
                model.close();
                model = null;
            }
        } finally {
            lock.unlock();
        }
    }
}
