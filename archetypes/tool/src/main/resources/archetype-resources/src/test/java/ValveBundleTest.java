package ${package};

import dev.millrace.api.ToolProvider;
import dev.millrace.tck.BundleContract;
import java.util.Set;

/** The bundle inside Apache Felix. */
class ValveBundleTest extends BundleContract {

    @Override
    protected Class<?> plugin() {
        return Valve.class;
    }

    @Override
    protected Set<Class<?>> services() {
        return Set.of(ToolProvider.class);
    }
}
