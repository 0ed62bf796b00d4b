package ${package};

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.api.ToolCall;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectParser;
import dev.millrace.spi.text.ModelText;
import dev.millrace.spi.text.ThinkingMarks;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Component;

/** Thinking between <think> and </think>, each call as JSON between <call> and </call>. */
@Component
public final class RiverDialect implements Dialect {

    /** Whole numbers are long, as in every call. */
    static final ObjectMapper JSON = JsonMapper.builder().enable(DeserializationFeature.USE_LONG_FOR_INTS).build();

    @Override
    public String id() {
        return "river";
    }

    @Override
    public int match(ModelText model) {
        return model.template().contains("<call>") ? 80 : 0;
    }

    @Override
    public DialectParser parser(boolean insideThinking) {
        return new RiverParser(insideThinking);
    }

    @Override
    public Optional<ThinkingMarks> thinkingMarks() {
        return Optional.of(new ThinkingMarks("<think>", "</think>", ""));
    }

    @Override
    public String write(List<ToolCall> calls) {
        StringBuilder text = new StringBuilder();
        for (ToolCall call : calls) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("name", call.name());
            object.put("arguments", call.arguments());
            try {
                // a mark inside a value is escaped, so that it is read back as text
                text.append("<call>").append(JSON.writeValueAsString(object).replace("<", "\\u003c")).append("</call>");
            } catch (JsonProcessingException e) {
                throw new IllegalArgumentException("The call of " + call.name() + " cannot be written as JSON.", e);
            }
        }
        return text.toString();
    }
}
