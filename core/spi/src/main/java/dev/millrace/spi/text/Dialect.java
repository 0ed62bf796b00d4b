/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.osgi.annotation.versioning.ConsumerType;

/** How a model family writes thinking and tool calls. A service; stateless and safe for use from any thread. */
@ConsumerType
public interface Dialect {

    /**
     * A short name, for example {@code lfm2}.
     *
     * @return the name
     */
    String id();

    /**
     * How surely a model writes this dialect, judged by its own template and vocabulary.
     *
     * @param model what the model brings
     * @return 0 for no, up to 100 for certain, and nothing else; the largest wins, and of equals a plugin's
     */
    int match(ModelText model);

    /**
     * A parser for one answer.
     *
     * @param insideThinking whether the prompt ended inside thinking, so that the answer starts there
     * @return a new parser, for one thread
     */
    DialectParser parser(boolean insideThinking);

    /**
     * A parser for one answer that may call tools. What they are called with may depend on their schemas: Python allows arguments
     * without a name, which stand for the properties in their declared order.
     *
     * @param insideThinking whether the prompt ended inside thinking, so that the answer starts there
     * @param tools what the model may call
     * @return a new parser, for one thread; as here, the one that knows no tools, if the family names all arguments
     */
    default DialectParser parser(boolean insideThinking, List<ToolDefinition> tools) {
        return parser(insideThinking);
    }

    /**
     * Writes calls as the model itself would, for templates that ignore earlier calls. A parser reads them back as the same calls:
     * what spells a mark inside an argument is escaped.
     *
     * @param calls at least one
     * @return text with the model's own marks
     * @throws IllegalArgumentException if the dialect has no way to write the name of a tool
     */
    String write(List<ToolCall> calls);

    /**
     * How the family writes thinking. Without it a thinking cannot be closed before the model does so, nor be begun by the caller.
     *
     * @return empty, as here, if it does not think or does not tell
     */
    default Optional<ThinkingMarks> thinkingMarks() {
        return Optional.empty();
    }

    /**
     * How answers are written, so that their form can be enforced while a model writes. What the form allows, a parser of this
     * dialect reads without a problem.
     *
     * @param hasToken whether a spelling is a single token of the model's vocabulary
     * @return empty, as here, if answers of this dialect cannot be bound
     */
    default Optional<AnswerForm> form(Predicate<String> hasToken) {
        return Optional.empty();
    }
}
