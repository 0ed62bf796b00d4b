package ${package};

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.millrace.api.ToolCall;
import dev.millrace.spi.text.DialectEvent;
import dev.millrace.spi.text.DialectParser;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Reads one answer. Holds back what may become a mark, so that the events do not depend on how the text is cut. */
final class RiverParser implements DialectParser {

    private enum Part {
        TEXT, THINKING, CALL
    }

    private static final List<String> MARKS = List.of("<think>", "</think>", "<call>", "</call>");
    private static final ObjectReader READER = RiverDialect.JSON.reader()
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final StringBuilder held = new StringBuilder();
    /** What stands in the call that is being read. */
    private final StringBuilder call = new StringBuilder();
    private Part part;
    private int calls;

    RiverParser(boolean insideThinking) {
        part = insideThinking ? Part.THINKING : Part.TEXT;
    }

    @Override
    public void accept(String text, Consumer<? super DialectEvent> out) {
        held.append(text);
        int done = 0;
        for (int at = held.indexOf("<"); at >= 0; at = held.indexOf("<", at)) {
            int from = at;
            String mark = MARKS.stream().filter(one -> starts(from, one)).findFirst().orElse(null);
            if (mark != null) {
                give(held.substring(done, at), out);
                enter(mark, out);
                at += mark.length();
                done = at;
            } else if (MARKS.stream().anyMatch(one -> one.startsWith(held.substring(from)))) {
                give(held.substring(done, at), out);
                held.delete(0, at);
                return;
            } else {
                at++;
            }
        }
        give(held.substring(done), out);
        held.setLength(0);
    }

    private boolean starts(int at, String mark) {
        return held.length() - at >= mark.length() && held.substring(at, at + mark.length()).equals(mark);
    }

    @Override
    public void control(String spelling, Consumer<? super DialectEvent> out) {
        // what was held back is no mark, since another token follows
        give(held.toString(), out);
        held.setLength(0);
        if (MARKS.contains(spelling)) {
            enter(spelling, out);
        }
    }

    @Override
    public boolean isThinking() {
        return part == Part.THINKING;
    }

    @Override
    public void finish(Consumer<? super DialectEvent> out) {
        give(held.toString(), out);
        held.setLength(0);
        if (part == Part.CALL) {
            out.accept(new DialectEvent.Problem("The call does not end: </call> is missing.", call.toString()));
        }
    }

    private void give(String text, Consumer<? super DialectEvent> out) {
        if (text.isEmpty()) {
            return;
        }
        switch (part) {
            case TEXT -> out.accept(new DialectEvent.Text(text));
            case THINKING -> out.accept(new DialectEvent.Thinking(text));
            case CALL -> call.append(text);
        }
    }

    /** A mark where it means nothing vanishes. */
    private void enter(String mark, Consumer<? super DialectEvent> out) {
        if (part == Part.CALL) {
            complete(out);
            call.setLength(0);
        }
        part = switch (mark) {
            case "<think>" -> Part.THINKING;
            case "<call>" -> Part.CALL;
            default -> Part.TEXT;
        };
    }

    private void complete(Consumer<? super DialectEvent> out) {
        String source = call.toString();
        try {
            JsonNode read = READER.readTree(source);
            if (!read.path("name").isTextual() || !read.path("arguments").isObject()) {
                out.accept(new DialectEvent.Problem("A call is {\"name\": ..., \"arguments\": {...}}.", source));
                return;
            }
            Map<String, Object> arguments = RiverDialect.JSON.convertValue(read.get("arguments"),
                    new TypeReference<>() {
                    });
            int index = calls++;
            ToolCall complete = new ToolCall(String.valueOf(index), read.get("name").asText(), arguments);
            out.accept(new DialectEvent.CallStarted(index, complete.name()));
            out.accept(new DialectEvent.CallArguments(index, read.get("arguments").toString()));
            out.accept(new DialectEvent.CallCompleted(index, complete));
        } catch (JsonProcessingException | IllegalArgumentException e) {
            out.accept(new DialectEvent.Problem("The call is no JSON.", source));
        }
    }
}
