package ${package};

import dev.millrace.api.Param;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolSpec;
import dev.millrace.api.Tools;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The lamps of a house. Put your devices here. */
final class Lamps implements ToolProvider {

    private final Map<String, String> states = new ConcurrentHashMap<>();

    @Override
    public List<Tool> tools() {
        return Tools.of(this).tools();
    }

    @ToolSpec("Switch a device on or off.")
    Map<String, Object> set_device(@Param("such as kitchen_lamp") String name, @Param("on or off") String state) {
        states.put(name, state);
        return Map.of("ok", true, "name", name, "state", state);
    }

    /** What was switched. */
    Map<String, String> states() {
        return Map.copyOf(states);
    }
}
