/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Conversation;
import dev.millrace.api.Message;
import dev.millrace.api.Model;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Saves ever new conversations to one file until it is killed, and tells when one is saved. */
final class Saving {

    private static final int LENGTH = 1 << 20;

    private Saving() {
    }

    static String text(int number) {
        return (number + " ").repeat(LENGTH / (number + " ").length());
    }

    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[0]);
        try (Stage stage = new Stage(Files.createTempDirectory(Path.of(arguments[1]), "stage"),
                new ScriptedBackend("a", true, "Yes."));
                Model model = stage.open()) {
            for (int i = Integer.parseInt(arguments[2]);; i++) {
                try (Conversation conversation = model.conversation().messages(List.of(Message.user(text(i))))
                        .start()) {
                    conversation.save(file);
                }
                System.out.println(i);
            }
        }
    }
}
