/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.OrtException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** ONNX Runtime's own words, for people: on one line, without its error code and its source code, and with a cure if one is known. */
final class RuntimeWords {

    private static final Pattern SOURCE = Pattern.compile(
            "(?:(?<![A-Za-z])[A-Za-z]:)?[\\w./\\\\-]+\\.(?:cc|cpp|cu|h|hpp)(?::\\d+|\\(\\d+\\))\\s*");
    private static final Pattern FUNCTION = Pattern.compile("^[\\w\\s:~<>,&*\\[\\]]*?::[\\w~]+(?:<[^(]*>)?\\(");

    private RuntimeWords() {
    }

    static String of(OrtException problem) {
        String text = String.valueOf(problem.getMessage()).replaceFirst("^Error code - \\w+ - message: ", "")
                .replaceAll("\\s+", " ").strip();
        for (Matcher m = SOURCE.matcher(text); m.find(); m = SOURCE.matcher(text)) {
            String before = text.substring(0, m.start());
            text = (before + (before.isEmpty() || before.endsWith(" ") ? "" : " ")
                    + withoutFunction(text.substring(m.end()))).strip();
        }
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }

    /** Leaves out the signature of a function, if there is one. */
    private static String withoutFunction(String text) {
        Matcher m = FUNCTION.matcher(text);
        if (!m.find()) {
            return text;
        }
        int depth = 1;
        int at = m.end();
        while (at < text.length() && depth > 0) {
            char c = text.charAt(at++);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        }
        return text.substring(at).replaceFirst("^ const\\b", "").strip();
    }

    /** What helps, with a space before it; empty if nothing is known. */
    static String cure(String reason) {
        if (reason.contains("IR version")) {
            return " The graph was written for a newer runtime: export it again with an older IR version, or name the"
                    + " folder of a newer runtime in the system property onnxruntime.native.path.";
        }
        if (reason.contains("is under development")
                || (reason.contains("opset") && reason.contains("support"))) {
            return " The graph wants a newer opset: export it again with an older one, or name the folder of a newer"
                    + " runtime in the system property onnxruntime.native.path.";
        }
        if (reason.contains("is not a registered function/op") || reason.contains("No Op registered")
                || reason.contains("Could not find an implementation") || reason.contains("NOT_IMPLEMENTED")
                || reason.contains("not implemented") || reason.contains("not supported")) {
            return " It lacks an operator of this graph, or the type that the graph uses it with: take another variant,"
                    + " or name the folder of a newer runtime in the system property onnxruntime.native.path.";
        }
        if (reason.contains("running GroupQueryAttention node")) {
            return " The graph's attention was built for another kind of device: take another variant, or export it again for"
                    + " this one.";
        }
        if (reason.contains("rotobuf")) {
            return " The file is damaged or no ONNX graph: download it again.";
        }
        return "";
    }
}
