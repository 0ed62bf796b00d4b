/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.settings;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * All that a person sets.
 *
 * @param broker where to connect
 * @param models references of models that are opened for this connection alone; none takes those of the server beside it
 * @param folder where messages are kept that wait
 * @param messages the most that may wait, each way
 * @param bytes the most that may wait, each way
 * @param atOnce answers that are generated at once
 * @param toolset the name of the provider of the tools
 * @param prompts what is asked
 * @param tools topics as tools
 * @param approval how a person is asked
 * @param discovery how Home Assistant finds it
 */
public record Settings(Broker broker, List<String> models, Path folder, int messages, long bytes, int atOnce,
        String toolset, List<Prompt> prompts, List<TopicTool> tools, Optional<Approval> approval,
        Optional<Discovery> discovery) {

    /** Copies the lists. */
    public Settings {
        models = List.copyOf(models);
        prompts = List.copyOf(prompts);
        tools = List.copyOf(tools);
    }
}
