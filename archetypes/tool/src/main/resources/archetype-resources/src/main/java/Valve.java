package ${package};

import dev.millrace.api.Param;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolSpec;
import dev.millrace.api.Tools;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.osgi.service.component.annotations.Component;

/** Tools of a valve. They are called by several conversations at once. */
@Component(immediate = true)
public final class Valve implements ToolProvider {

    private final AtomicInteger opening = new AtomicInteger();

    @Override
    public String name() {
        return "valve";
    }

    @Override
    public List<Tool> tools() {
        return Tools.of(this).tools();
    }

    @ToolSpec("Tell how far the main valve is open. It changes nothing.")
    Map<String, Object> readValve() {
        return Map.of("percent", opening.get());
    }

    @ToolSpec("Open or close the main valve.")
    Map<String, Object> setValve(@Param("how far, from 0 for closed to 100 for open") int percent) {
        if (percent < 0 || percent > 100) {
            // the model is told this sentence, and tries again
            throw new IllegalArgumentException("percent is " + percent + ": give a number from 0 to 100.");
        }
        opening.set(percent);
        return Map.of("percent", percent);
    }
}
