/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import dev.millrace.api.Conversation;
import dev.millrace.api.Message;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolProvider;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.ServerHost;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.wish.Samplers;
import dev.millrace.plugin.http.wish.Thinking;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * What the page asks.
 *
 * @param model who is asked
 * @param messages at least one; if the last is the assistant's, its answer goes on there
 * @param providers whose tools run here
 * @param consent which calls wait for the user
 * @param sampling how tokens are chosen
 * @param reasoning how much the model may think
 * @param maxTokens the most that the answer may have, or empty for what the context holds
 */
record Question(OpenModel model, List<Message> messages, List<ToolProvider> providers, Consent consent,
        Sampling sampling, Reasoning reasoning, OptionalInt maxTokens) {

    /**
     * Which calls wait for the user.
     *
     * @param about of which tools calls wait
     * @param allowed names of tools that the user allowed for the conversation
     */
    record Consent(About about, List<String> allowed) {

        boolean needed(ToolDefinition tool) {
            boolean asked = switch (about) {
                case ALL -> true;
                // what says nothing of itself may do anything
                case ACTING -> !tool.hints().contains(ToolHint.READ_ONLY);
                case NONE -> false;
            };
            return asked && !allowed.contains(tool.name());
        }
    }

    /** Of which tools the user decides about calls. */
    enum About {
        /** Of all. */
        ALL("ask"),
        /** Of those that do not say that they only look. */
        ACTING("acting"),
        /** Of none. */
        NONE("never");

        private final String word;

        About(String word) {
            this.word = word;
        }

        static About read(Fields fields) {
            String[] words = Stream.of(values()).map(about -> about.word).toArray(String[]::new);
            String given = fields.word("approval", words).orElse(ACTING.word);
            return Stream.of(values()).filter(about -> about.word.equals(given)).findFirst().orElseThrow();
        }
    }

    static Question read(Fields fields, ServerHost host) {
        OpenModel model = host.model(fields.text("model"));
        Consent consent = new Consent(About.read(fields), fields.texts("allowed"));
        return new Question(model, MessageJson.read(fields), providers(fields, host), consent,
                Samplers.read(fields, model.model()), Thinking.read(fields),
                fields.integer("max_tokens", 1, Integer.MAX_VALUE));
    }

    private static List<ToolProvider> providers(Fields fields, ServerHost host) {
        List<ToolProvider> present = host.millrace().toolProviders();
        List<ToolProvider> wanted = new ArrayList<>();
        for (String name : fields.texts("tools")) {
            wanted.add(present.stream().filter(provider -> provider.name().equals(name)).findFirst()
                    .orElseThrow(() -> ApiError.wrong("tools", "There are no tools of " + name + " any more: take them"
                            + " out of the settings.")));
        }
        return wanted;
    }

    /**
     * The conversation, with nothing read.
     *
     * @param approvals has the user asked about calls
     * @param caller whose it is
     * @throws ApiError 400 if two of its tools have the same name, 503 if the model is closed
     */
    Conversation conversation(Approvals approvals, String caller) {
        Conversation.Builder builder = model.model().conversation().messages(messages).sampling(sampling)
                .reasoning(reasoning).guard(approvals.guard()).approver(approvals).user(caller);
        maxTokens.ifPresent(builder::maxTokens);
        try {
            return builder.tools(providers.toArray(ToolProvider[]::new)).start();
        } catch (IllegalArgumentException e) {
            throw ApiError.wrong("tools", "The tools cannot be used together: " + e.getMessage());
        } catch (IllegalStateException e) {
            throw ApiError.busy(503, String.valueOf(e.getMessage()), 5);
        }
    }
}
