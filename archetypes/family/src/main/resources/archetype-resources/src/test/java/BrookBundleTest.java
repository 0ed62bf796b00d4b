package ${package};

import dev.millrace.spi.model.Architecture;
import dev.millrace.tck.BundleContract;
import java.util.Set;

/** The bundle inside Apache Felix. */
class BrookBundleTest extends BundleContract {

    @Override
    protected Class<?> plugin() {
        return Brook.class;
    }

    @Override
    protected Set<Class<?>> services() {
        return Set.of(Architecture.class);
    }
}
