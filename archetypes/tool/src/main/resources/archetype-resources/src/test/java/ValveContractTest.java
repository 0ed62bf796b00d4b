package ${package};

import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolProvider;
import dev.millrace.tck.ToolProviderContract;
import java.util.List;
import java.util.Map;

/** What every tool provider promises. */
class ValveContractTest extends ToolProviderContract {

    @Override
    protected ToolProvider provider() {
        return new Valve();
    }

    @Override
    protected List<ToolCall> calls() {
        return List.of(new ToolCall("1", "readValve", Map.of()),
                new ToolCall("2", "setValve", Map.of("percent", 40L)));
    }
}
