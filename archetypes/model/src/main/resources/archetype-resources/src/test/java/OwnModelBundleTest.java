package ${package};

import dev.millrace.spi.model.PackagedModel;
import dev.millrace.tck.BundleContract;
import java.util.Set;

/** The bundle inside Apache Felix. */
class OwnModelBundleTest extends BundleContract {

    @Override
    protected Class<?> plugin() {
        return OwnModel.class;
    }

    @Override
    protected Set<Class<?>> services() {
        return Set.of(PackagedModel.class);
    }
}
