/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

import dev.millrace.api.ToolCall;
import java.util.List;
import java.util.Optional;
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
     * @return 0 for no, up to 100 for certain; the largest wins
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
     * Writes calls as the model itself would, for templates that ignore earlier calls.
     *
     * @param calls at least one
     * @return text with the model's own marks
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
}
